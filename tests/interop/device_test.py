# SPDX-License-Identifier: Apache-2.0
"""A device and programs nobody here wrote: js-libp2p dials it through the emulator's port forward, pairs with it by
comparing the code, and edits its notes with real Yjs. Before that, unpaired, it is told nothing."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "lab"), str(Path(__file__).resolve().parent)]

import packages  # noqa: E402
from device import Device, Place, free_port, load_form  # noqa: E402

UP_S, ANSWER_S = 120, 60
SCRIPTS = [Path(__file__).parent / "device" / "person.mjs", Path(__file__).parent / "libp2p" / "older_node.mjs"]


class Person:
    """The JavaScript device, spoken to by lines."""

    def __init__(self, folder, port):
        address = f"/ip4/127.0.0.1/tcp/{port}"
        self.process = subprocess.Popen(["node", packages.beside(folder, *SCRIPTS), address], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.id = json.loads(self.process.stdout.readline())["connected"]

    def ask(self, line):
        """Sends a command, returns its answer."""
        self.say(line)
        return self.hear()

    def say(self, line):
        """Sends a command whose answer comes later."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self):
        """The next answer; a failure of the command fails the test."""
        answer = self.try_hear()
        assert "failed" not in answer, answer["failed"]
        return answer

    def try_hear(self):
        """The next answer, which may say that the command failed."""
        return json.loads(self.process.stdout.readline())

    def offer(self):
        """Offers pairing; what the code is, or None while the device does not take offers."""
        self.say("pair")
        answer = self.try_hear()
        return answer if "code" in answer else None

    def end(self):
        """Ends the program by its id."""
        self.process.kill()
        self.process.wait(timeout=10)


def until(claim, seconds=ANSWER_S):
    """Waits until claim() is true; returns what it returned."""
    deadline = time.monotonic() + seconds
    while not (found := claim()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.2)
    return found


@pytest.fixture
def phone(tmp_path, monkeypatch):
    """A phone whose port 4001 is reachable on the loopback."""
    monkeypatch.chdir(tmp_path)
    place = Place(image=str(ROOT / "build" / "riscv64" / "tools" / "image"), screens=False, forward=free_port())
    device = Device("phone", load_form(str(ROOT), "phone"), place)
    device.start()
    try:
        device.wait_up(UP_S)
        yield device
    finally:
        device.kill()


@pytest.fixture
def person(phone):
    """The JavaScript device, connected."""
    folder = packages.cached()
    assert folder, "the npm packages are not to be had: is the registry reachable?"
    made = Person(folder, phone.place.forward)
    yield made
    made.end()


def text_on(phone):
    """Everything the phone's interface says, as one string."""
    return "\n".join(phone.tree())


def code_on(phone):
    """The six digits in the phone's dialog, or None while there is none."""
    lines = phone.tree()
    if not any("Is this the code" in line for line in lines):
        return None
    digits = [line.split('"')[1].replace(" ", "") for line in lines if line.strip().startswith("text ")]
    return next((word for word in digits if word.isdigit() and len(word) == 6), None)


def test_others_meet_pair_and_edit(phone, person):
    phone.tap("New note")
    until(lambda: "textbox" in text_on(phone))
    phone.type("From the phone")
    until(lambda: "From the phone" in text_on(phone))
    phone.tap("Back")

    assert person.ask("ping")["ms"] >= 0
    told = person.ask("identify")
    assert told["id"] == person.id and "/ipfs/ping/1.0.0" in told["protocols"]
    for protocol in ("/nx/ysync/0.1.0", "/nx/circle/0.1.0"):
        assert person.ask(f"refused {protocol}")["refused"], f"{protocol} was open to a stranger"
    assert person.ask("refused /nx/pair/0.1.0")["refused"], "nobody opened the list of devices"

    phone.tap("Devices")
    until(lambda: "This device" in text_on(phone))
    offered = until(person.offer)  # the news that the list is open may still be on its way
    assert until(lambda: code_on(phone)) == offered["code"]
    person.say("confirm")
    phone.tap("It is the same")
    person.hear()
    until(lambda: "Yours" in text_on(phone) and "JavaScript" in text_on(phone))

    person.ask("sync")
    notes = until(lambda: [n for n in person.ask("notes")["notes"] if n["text"]])
    assert [note["text"] for note in notes] == ["From the phone"]
    person.ask("append " + notes[0]["id"] + " and from Yjs")
    phone.tap("Notes")
    until(lambda: "From the phoneand from Yjs" in text_on(phone))
    assert person.ask("notes").get("error") is None

# SPDX-License-Identifier: Apache-2.0
"""A device that is treated badly: the lab's device, with parts left out, spoilt or made smaller.

`alive` is what every test ends with: the device answers, a note can be typed, and nobody died who had no reason to.
"""
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "lab"))

import tree  # noqa: E402  (the path above comes first)
from console import ConsoleError  # noqa: E402
from device import Device, DeviceError, Place, free_port, load_form  # noqa: E402

SLACK = float(os.environ.get("NX_SLACK", "1"))  # how much slower than its own clock this machine may be
UP_S, ANSWER_S = 120 * SLACK, 30 * SLACK
IMAGE = ROOT / "build" / "riscv64" / "tools" / "image"
PARTS = {"disk": "virtio-blk-device", "entropy": "virtio-rng-device", "network": "virtio-net-device",
         "screen": "virtio-gpu-device"}


class Victim(Device):
    """A device without some PARTS, with a disk that cannot be written, or with another image."""

    def __init__(self, form="phone", without=(), **changes):
        self.without = [PARTS[part] for part in without]
        self.read_only = changes.pop("read_only", False)
        place = Place(image=str(changes.pop("image", IMAGE)), screens=False, forward=changes.pop("forward", 0))
        place.switch = changes.pop("switch", None)
        described = load_form(str(ROOT), form)
        described["emulator"].update(changes)
        super().__init__(form, described, place)

    def arguments(self):
        """The emulator's command line without what is missing."""
        words = super().arguments()
        if not self.place.forward and not self.place.switch:
            words[words.index("-netdev") + 1] = "user,id=net,restrict=on"
        if self.read_only:
            words = [word + ",readonly=on" if word.startswith("file=") else word for word in words]
        kept, pairs = [], iter(words)
        for word in pairs:
            if word != "-device":
                kept.append(word)
            elif not (value := next(pairs)).startswith(tuple(self.without)):
                kept += [word, value]
        return kept

    def wait_answer(self):
        """Waits until the developer's console answers, which needs no app."""
        def answers():
            try:
                return self.command("info", timeout=3)
            except ConsoleError:
                return None
        return until(self, "the console answers", answers, UP_S)

    def nodes(self):
        """The interface."""
        return tree.parse(self.tree())

    def texts(self):
        """Everything a person could read, as one text."""
        return "\n".join("\n".join((node.name, node.description, node.value)) for node in self.nodes())

    def editor(self):
        """What the open note holds; None if none is open."""
        return next((node.value for node in self.nodes() if node.role == "textbox"), None)

    def log(self):
        """The log as one text."""
        return "\n".join(self.command("log 2000"))

    def services(self):
        """name → (state, restarts, KiB)."""
        head, *rows = [line.split() for line in self.command("ps")]
        places = [head.index(name) for name in ("state", "restarts", "kib")]
        return {row[0]: (row[places[0]], int(row[places[1]]), int(row[places[2]])) for row in rows}

    def new_note(self, text):
        """Makes a note as a person does; it is confirmed a moment later."""
        self.tap("New note")
        until(self, "a note opens", lambda: self.editor() is not None)
        self.type(text)
        until(self, f"it shows '{text}'", lambda: (self.editor() or "").startswith(text))


def until(device, what, test, seconds=ANSWER_S):
    """Waits until `test()` is true and returns that; fails with what the device shows and logged last."""
    deadline = time.monotonic() + seconds
    while not (found := test()):
        assert device.is_running, f"the emulator ended: {device.transcript.text()[-3000:]}"
        assert time.monotonic() < deadline, f"never: {what}\n{last_words(device)}"
        time.sleep(0.1)
    return found


def last_words(device):
    """What it shows, what it logged, what it printed."""
    try:
        return "\n".join([*device.tree(), *device.command("log 30"), *device.command("ps")])
    except (ConsoleError, DeviceError) as error:
        return f"{error}\n{device.transcript.text()[-3000:]}"


def alive(device, note="still alive", may_restart=()):
    """The device works, and nobody died but those named."""
    device.new_note(note)
    died = {name: row for name, row in device.services().items() if row[1] and name not in may_restart}
    assert not died, f"{died}\n{device.log()[-3000:]}"


@contextmanager
def running(*arguments, app=True, **changes):
    """A device that is on until the block ends, in the present folder; `app`: wait until one shows itself."""
    device = Victim(*arguments, **changes)
    device.start()
    try:
        if app:
            device.wait_up(UP_S)
        else:
            device.wait_answer()
        yield device
    finally:
        device.kill()

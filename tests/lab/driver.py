# SPDX-License-Identifier: Apache-2.0
"""A lab for the tests of this folder: started and ended by ./nx, asked over its control socket."""
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "lab"))

import control  # noqa: E402  (the path above comes first)
import owned  # noqa: E402
import pairing  # noqa: E402
import tree  # noqa: E402

__all__ = ["Browser", "Lab", "ROOT", "SLACK", "pairing"]

IMAGE = ROOT / "build" / "riscv64" / "tools" / "image"
START_SECONDS = 400
SLACK = float(os.environ.get("NX_SLACK", "1"))  # how much slower than its own clock this machine may be


class Lab:
    """One lab in a folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.url = None

    def nx(self, word, *arguments, seconds=START_SECONDS):
        """Runs a word of ./nx; its output. The test fails with its words if it does."""
        done = subprocess.run([str(ROOT / "nx"), word, "--dir", str(self.folder), *arguments], cwd=ROOT,
                              capture_output=True, text=True, timeout=seconds, check=False)
        assert done.returncode == 0, f"./nx {word}: {done.stdout}{done.stderr}{self.last_words()}"
        return done.stdout

    def start(self, *arguments):
        """Starts it and waits until its devices are up."""
        words = self.nx("lab", *arguments).split()
        self.url = next((word for word in words if word.startswith("http://")), None)
        return self

    def stop(self):
        """Ends it, whatever state it is in."""
        self.nx("stop", seconds=60)

    def ask(self, word, *arguments):
        """One word to the running lab; its lines."""
        return control.ask(str(self.folder), word, arguments).get("lines", [])

    def nodes(self, device):
        """The interface of a device."""
        return tree.parse(self.ask("tree", device))

    def texts(self, device):
        """Everything a device shows, names, descriptions and contents, as one text."""
        return "\n".join("\n".join((node.name, node.description, node.value)) for node in self.nodes(device))

    def find(self, device, role):
        """The first node of a role, or None."""
        return next((node for node in self.nodes(device) if node.role == role), None)

    def editor(self, device):
        """What the open note holds; None if none is open."""
        node = self.find(device, "textbox")
        return node and node.value

    def tap(self, device, label):
        """A tap on what is labelled so."""
        self.ask("tap", device, label)

    def type(self, device, text):
        """Typing."""
        self.ask("type", device, text)

    def home(self, device):
        """Goes back to the list from whatever is open on a small screen."""
        def is_home():
            if any(node.name == "Back" for node in self.nodes(device)):
                self.tap(device, "Back")
                return False
            return True
        self.until(f"{device} goes back", is_home)

    def new_note(self, device, text):
        """A new note with a text, as a person in a hurry makes it: nothing is waited for."""
        self.home(device)
        self.tap(device, "Notes")
        self.tap(device, "New note")
        self.type(device, text)
        self.until(f"{device} shows what was typed", lambda: (self.editor(device) or "").startswith(text))

    def services(self, device):
        """The rows of ~ps by name: state, restarts."""
        rows = [line.split() for line in self.ask("ps", device)[2:]]
        return {row[0]: (row[1], int(row[2])) for row in rows}

    def clock(self, device):
        """The device's own clock in seconds: waits of a loaded host do not count in it as much."""
        for line in self.ask("info", device):
            if match := re.match(r"clock_(ms|us) (\d+)", line):
                return int(match[2]) / (1000 if match[1] == "ms" else 1_000_000)
        raise AssertionError("info tells no clock")

    def pull_plugs(self, *devices):
        """kill -9 of the emulators, all at once."""
        pids = [owned.recorded(str(self.folder / device / "emulator.pid")) for device in devices]
        assert all(pids), "an emulator does not run"
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            self.until("the emulator is gone", lambda pid=pid: owned.started(pid) is None)

    def until(self, what, test, seconds=30):
        """Waits until `test()` is true and returns that; fails saying what never was."""
        deadline = time.monotonic() + seconds * SLACK
        while True:
            result = test()
            if result:
                return result
            assert time.monotonic() < deadline, f"never: {what}{self.last_words()}"
            time.sleep(0.1)

    def last_words(self):
        """What every device shows and logged last, for a failing test."""
        words = []
        for device in self.running():
            try:
                words += [f"\n-- {device}"] + self.ask("tree", device) + self.ask("log", device, "12")
            except (OSError, control.Refused) as error:
                words.append(str(error))
        return "\n".join(words)

    def running(self):
        """Names of the devices that are on."""
        try:
            return [device["name"] for device in control.ask(str(self.folder), "state")["devices"]
                    if device["running"]]
        except (OSError, control.Refused):
            return []


class Browser:
    """A real headless Chromium on the lab's page; one line of JSON asks, one answers."""

    def __init__(self, url):
        self._node = subprocess.Popen(["node", str(Path(__file__).parent / "browser.mjs"), str(playwright()), url],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._node.stdin.close()
        try:
            self._node.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._node.kill()
            self._node.wait(timeout=5)

    def do(self, action, **arguments):
        """One action of browser.mjs; its result."""
        self._node.stdin.write(json.dumps({"action": action} | arguments) + "\n")
        self._node.stdin.flush()
        answer = json.loads(self._node.stdout.readline() or '{"error": "the browser ended"}')
        assert "error" not in answer, f"{action} {arguments}: {answer['error']}"
        return answer.get("result")


def playwright():
    """The folder of Playwright, fetched once."""
    sys.path.insert(0, str(ROOT / "tools"))
    import third_party  # (needs the path above)
    return third_party.build(third_party.recipe_load("playwright"), "lab") / "playwright"

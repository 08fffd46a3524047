# SPDX-License-Identifier: Apache-2.0
"""The emulator's control socket (QMP): screenshots, input events, reset.

Input goes in as the person's would: through the emulated tablet and keyboard, so it takes the same way through the
input driver and the stage.
"""

import json
import os
import socket
import threading
import time

SCALE = 32767  # QMP's range of an absolute axis
TYPE_SECONDS = 0.02  # a key; the emulated keyboard drops what the device has not taken after 16 of them
CHARACTERS = {
    " ": ("spc", False), "\n": ("ret", False), "\t": ("tab", False),
    "-": ("minus", False), "=": ("equal", False), "[": ("bracket_left", False), "]": ("bracket_right", False),
    ";": ("semicolon", False), "'": ("apostrophe", False), "`": ("grave_accent", False), "\\": ("backslash", False),
    ",": ("comma", False), ".": ("dot", False), "/": ("slash", False),
    "_": ("minus", True), "+": ("equal", True), "{": ("bracket_left", True), "}": ("bracket_right", True),
    ":": ("semicolon", True), '"': ("apostrophe", True), "~": ("grave_accent", True), "|": ("backslash", True),
    "<": ("comma", True), ">": ("dot", True), "?": ("slash", True),
    "!": ("1", True), "@": ("2", True), "#": ("3", True), "$": ("4", True), "%": ("5", True),
    "^": ("6", True), "&": ("7", True), "*": ("8", True), "(": ("9", True), ")": ("0", True),
}
KEY_NAMES = {"enter": "ret", "escape": "esc", "del": "delete", "backspace": "backspace", "space": "spc",
             "pageup": "pgup", "pagedown": "pgdn", "control": "ctrl"}


class QmpError(Exception):
    """The emulator refused a command or went away."""


class Qmp:
    """One connection; commands are answered in order, events are skipped."""

    def __init__(self, path, timeout=20.0):
        self._lock = threading.Lock()  # one command at a time
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._connect(path, timeout)
        self._file = self._socket.makefile("rwb")
        self._read()
        self.command("qmp_capabilities")

    def _connect(self, path, timeout):
        deadline = time.monotonic() + timeout
        while True:
            try:
                self._socket.connect(path)
                return
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > deadline:
                    raise QmpError(f"the emulator does not answer at {path}") from None
                time.sleep(0.02)

    def _read(self):
        line = self._file.readline()
        if not line:
            raise QmpError("the emulator ended")
        return json.loads(line)

    def command(self, name, **arguments):
        """Runs one command and returns its result; QmpError with the emulator's words if it fails."""
        message = {"execute": name, "arguments": arguments}
        try:
            with self._lock:
                self._file.write(json.dumps(message).encode() + b"\n")
                self._file.flush()
                answer = self._read()
                while "return" not in answer and "error" not in answer:
                    answer = self._read()
        except (OSError, ValueError) as error:
            raise QmpError(f"the emulator does not answer: {error}") from error
        if "error" in answer:
            raise QmpError(answer["error"]["desc"])
        return answer["return"]

    def close(self):
        """Closes the connection; the emulator goes on."""
        try:
            self._file.close()
        except OSError:
            pass  # what was not sent yet is lost with the emulator
        self._socket.close()

    def screenshot(self, path):
        """Writes what the display shows as PNG."""
        self.command("screendump", filename=os.path.abspath(path), format="png")

    def pointer(self, x, y, down=None):
        """Moves the pointer to a fraction (0 to 1) of each axis; then presses or releases if `down` says so."""
        events = [{"type": "abs", "data": {"axis": axis, "value": round(value * SCALE)}}
                  for axis, value in (("x", x), ("y", y))]
        self.command("input-send-event", events=events)
        if down is not None:
            button = {"type": "btn", "data": {"down": down, "button": "left"}}
            self.command("input-send-event", events=[button])

    def wheel(self, steps):
        """Turns the wheel: positive steps scroll down."""
        button = "wheel-down" if steps > 0 else "wheel-up"
        for _ in range(abs(steps)):
            for down in (True, False):
                self.command("input-send-event", events=[{"type": "btn", "data": {"down": down, "button": button}}])

    def key(self, names):
        """Presses keys together: "ctrl-n", "enter", "a"."""
        codes = [KEY_NAMES.get(name.lower(), name.lower()) for name in names.split("-")] if names != "-" else ["minus"]
        for down, order in ((True, codes), (False, list(reversed(codes)))):
            for code in order:
                self._key(code, down)

    def type(self, text):
        """Types text as a person at a US keyboard would; ValueError for a character it has no key for."""
        for character in text:
            code, shift = self._code(character)
            if shift:
                self._key("shift", True)
            self._key(code, True)
            self._key(code, False)
            if shift:
                self._key("shift", False)
            time.sleep(TYPE_SECONDS)

    @staticmethod
    def _code(character):
        if character in CHARACTERS:
            return CHARACTERS[character]
        if character.isascii() and character.isalnum():
            return character.lower(), character.isupper()
        raise ValueError(f"no key types '{character}'")

    def _key(self, code, down):
        event = {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": code}}}
        self.command("input-send-event", events=[event])

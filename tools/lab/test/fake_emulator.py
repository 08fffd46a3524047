#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for the emulator in tests of the lab: takes its command line, and is a device with one note.

It serves the serial line with the console's framed answers, the control socket with input events, and a port of
the virtual network, so that the lab, its words and its page are tested in milliseconds. Behind the screen are a button
"New note", a text, and a Devices app that pairs; behind the terminal the same in lines. What it stores goes to
its disk.
"""

import base64
import json
import os
import selectors
import socket
import struct
import sys

LETTERS = {"spc": " ", "ret": "\n", "dot": ".", "comma": ","}
MAGIC = b"NOTE"


def option(name):
    """The words after each `name` of the command line."""
    return [sys.argv[i + 1] for i, word in enumerate(sys.argv) if word == name]


def field(text, name):
    """The value of name=value in a comma-separated option."""
    return next((part.partition("=")[2] for part in text.split(",") if part.startswith(name + "=")), "")


def listener(path):
    """A Unix socket that waits for the lab."""
    made = socket.socket(socket.AF_UNIX)
    made.bind(path)
    made.listen(1)
    return made


class Device:
    """The device behind the sockets."""

    def __init__(self):
        self.form = option("-append")[0].partition("=")[2]
        self.disk = field(option("-drive")[0], "file")
        network = option("-device")
        self.mac = bytes.fromhex(next(field(text, "mac") for text in network if "mac=" in text).replace(":", ""))
        with open(self.disk, "rb") as file:
            stored = file.read(4096).rstrip(b"\0")
        self.paired, self.text = (stored[:1] == b"P", stored[1:].decode()) if stored else (False, "")
        self.app, self.asking, self.near, self.shift = "Notes", None, None, False
        self.pointer = (0, 0)
        self.sends = []  # frames to send
        self.shout(b"HERE")

    def shout(self, kind, body=b""):
        """A frame to everybody."""
        self.sends.append(b"\xff" * 6 + self.mac + b"\x88\xb5" + kind + body)

    def store(self):
        """Writes down what a restart must find again."""
        with open(self.disk, "r+b") as file:
            file.write((("P" if self.paired else "S") + self.text).encode().ljust(4096, b"\0"))

    def nodes(self):
        """(role, name, rest) of what the screen shows; row i is 50 pixels high and begins at 50 i."""
        if self.asking:
            return [("text", self.asking, ""), ("button", "It is the same", "")]
        tabs = [("tab", "Notes", ""), ("tab", "Devices", "")]
        if self.app == "Notes":
            value = self.text.replace("\n", "\\n")
            return tabs + [("button", "New note", ""), ("textbox", "Text", f' value="{value}"')]
        rows = [("listitem", self.form, ' description="This device"')]
        if self.near:
            state = "Yours, connected" if self.paired else "Nearby, not yours"
            rows += [("listitem", self.near, f' description="{state}"'), ("button", "Pair", "")]
        return tabs + rows

    def tree(self):
        """The answer to ~tree."""
        return [f'application "{self.app}" [0,0 540x1000]'] + [
            f'  {role} "{name}" focusable [0,{50 * row} 540x50]{rest}'
            for row, (role, name, rest) in enumerate(self.nodes())]

    def press(self):
        """A finger goes down at self.pointer, in rows of 50 of the form's height."""
        row = int(self.pointer[1] * (1170 if self.form == "phone" else 900) / 32767 // 50)
        if row >= len(self.nodes()):
            return
        name = self.nodes()[row][1]
        if name in ("Notes", "Devices"):
            self.app = name
        elif name == "New note":
            self.change("")
        elif name == "Pair":
            self.asking = "482 913"
            self.shout(b"PAIR")
        elif name == "It is the same":
            self.asking, self.paired = None, True
            self.store()

    def change(self, text):
        """The person edits the note; paired devices hear of it."""
        self.text = text
        self.store()
        if self.paired:
            self.shout(MAGIC, text.encode())

    def hear(self, frame):
        """A frame of another device."""
        kind, body = frame[14:18], frame[18:]
        if kind == b"HERE" and self.near is None:
            self.near = "another"
            self.shout(b"HERE")
        elif kind == b"PAIR":
            self.asking = "482 913"
        elif kind == MAGIC and self.paired:
            self.text = body.decode()
            self.store()

    def key(self, code, down):
        """A key of the keyboard."""
        if code == "shift":
            self.shift = down
        elif down:
            letter = LETTERS.get(code, code if len(code) == 1 else "")
            self.change(self.text + (letter.upper() if self.shift else letter))

    def event(self, event):
        """One input event of the control socket."""
        data = event["data"]
        if event["type"] == "abs":
            self.pointer = (data["value"], 0) if data["axis"] == "x" else (self.pointer[0], data["value"])
        elif event["type"] == "btn" and data["down"]:
            self.press()
        elif event["type"] == "key":
            self.key(data["key"]["data"], data["down"])

    def command(self, line):
        """Lines and status of a developer command."""
        name, _, argument = line.partition(" ")
        if name == "power":
            sys.exit(0)
        if name == "tree":
            return self.tree(), "OK"
        if name == "ps":
            return ["name state", "stage running"], "OK"
        if name == "state":
            return ([], "OK") if argument == "dark 1" else (["no such state"], "ERR_NOT_FOUND")
        if name == "kill":
            return ([], "OK") if argument == "stage" else (["no such service"], "ERR_NOT_FOUND")
        if name == "trace":  # a header, no records
            header = struct.pack("<QQIIQ", 0x3145434152544E58, 0, 100, 0, 10000000)
            return [base64.b64encode(header).decode()] if argument == "read" else [], "OK"
        if name == "log":
            return ["one line of log"], "OK"
        return ["unknown command; ~help lists them"], "ERR_UNSUPPORTED"


class Emulator:
    """The sockets."""

    def __init__(self):
        self.device = Device()
        self.selector = selectors.DefaultSelector()
        self.serial = self.qmp = None
        self.buffers = {"serial": b"", "qmp": b"", "net": b""}
        serial = field(option("-chardev")[0], "path")
        control = option("-qmp")[0].split(",")[0].removeprefix("unix:")
        self.selector.register(listener(serial), selectors.EVENT_READ, self.accept_serial)
        self.selector.register(listener(control), selectors.EVENT_READ, self.accept_qmp)
        self.net = socket.socket(socket.AF_UNIX)
        self.net.connect(field(option("-netdev")[0], "addr.path"))
        self.watch(self.net, "net", self.net_bytes)

    def watch(self, connection, name, take):
        """Hands what arrives on a connection to `take`."""
        def ready(_):
            data = connection.recv(65536)
            if not data:
                self.selector.unregister(connection)
                return
            self.buffers[name] = take(self.buffers[name] + data)
        self.selector.register(connection, selectors.EVENT_READ, ready)

    def accept_serial(self, waiting):
        """The lab's end of the serial line."""
        self.serial, _ = waiting.accept()
        self.serial.sendall(b"Open Nexus (a stand-in)\r\n> ")
        self.watch(self.serial, "serial", self.serial_bytes)

    def accept_qmp(self, waiting):
        """The lab's end of the control socket."""
        self.qmp, _ = waiting.accept()
        self.qmp.sendall(b'{"QMP": {}}\n')
        self.watch(self.qmp, "qmp", self.qmp_bytes)

    def serial_bytes(self, data):
        """Whole lines are commands, or text for the terminal."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            text = line.decode()
            if text.startswith("\x1d~"):
                answer, status = self.device.command(text[2:])
                body = "".join(part + "\r\n" for part in answer)
                self.serial.sendall(f"\r\n~begin {text[2:]}\r\n{body}~end {status}\r\n".encode())
            else:
                self.serial.sendall(f"you typed {text}\r\n> ".encode())
        return rest

    def qmp_bytes(self, data):
        """Every line is a command."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            command = json.loads(line)
            for event in command["arguments"].get("events", []):
                self.device.event(event)
            if command["execute"] == "screendump":
                with open(command["arguments"]["filename"], "wb") as file:
                    file.write(b"\x89PNG\r\n\x1a\n")
            self.qmp.sendall(b'{"event": "NOISE"}\n{"return": {}}\n')
        return rest

    def net_bytes(self, data):
        """Whole frames."""
        while len(data) >= 4 and len(data) >= 4 + struct.unpack(">I", data[:4])[0]:
            size = struct.unpack(">I", data[:4])[0]
            self.device.hear(data[4:4 + size])
            data = data[4 + size:]
        return data

    def run(self):
        """Until the power goes."""
        while True:
            for frame in self.device.sends:
                self.net.sendall(struct.pack(">I", len(frame)) + frame)
            self.device.sends.clear()
            for key, _ in self.selector.select():
                key.data(key.fileobj)


if __name__ == "__main__":
    if os.environ.get("FAKE_EMULATOR_FAILS"):
        print("qemu-system-riscv64: -device: no such thing", file=sys.stderr)
        sys.exit(1)
    Emulator().run()

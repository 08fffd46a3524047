# SPDX-License-Identifier: Apache-2.0
"""One emulated device: its emulator process, disk, screen, serial line, and the verbs a person has for it.

Everything it listens on is a Unix socket in the lab's folder, except the screen's websocket and a forwarded port, which
are bound to 127.0.0.1.
"""

import hashlib
import os
import re
import signal
import socket
import subprocess
import time
import tomllib

from console import Console, ConsoleError
from qmp import Qmp, QmpError

DISK_BYTES = 64 * 1024 * 1024
STOP_SECONDS = 5
NODE = re.compile(r'^\s*(?P<role>\S+) "(?P<label>(?:[^"\\]|\\.)*)"(?P<rest>.*)$')
RECT = re.compile(r"\[(-?\d+),(-?\d+) (\d+)x(\d+)\]")


class DeviceError(Exception):
    """What went wrong, in words that say what to do."""


def free_port():
    """A TCP port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def load_form(root, name):
    """The form's description; DeviceError naming the forms there are if it does not exist."""
    path = os.path.join(root, "forms", f"{name}.toml")
    if not os.path.exists(path):
        known = sorted(f[:-5] for f in os.listdir(os.path.join(root, "forms")) if f.endswith(".toml"))
        raise DeviceError(f"no form '{name}': use one of {', '.join(known)}")
    with open(path, "rb") as file:
        return tomllib.load(file)


class Device:
    """A device of the lab; start() and stop() may alternate, as with a power button."""

    # tidy: parameters, because a constructor takes each part of a device once
    def __init__(self, name, form, directory, image, switch_path, forward=None):
        self.name = name
        self.form = form["form"]["name"]
        self.emulator = form["emulator"]
        self.directory = directory
        self.image = image  # folder with Image and bundle.img
        self.switch_path = switch_path
        self.forward = forward  # TCP port of 127.0.0.1 leading to the device's 4001; user network, not the lab's
        digest = hashlib.sha256(name.encode()).digest()
        self.mac = bytes([0x52, 0x54, 0x00]) + digest[:3]
        self.display = self.emulator.get("display")
        self.screen_port = None
        self.process = self.qmp = self.console = None
        os.makedirs(directory, exist_ok=True)

    def path(self, name):
        """A file of this device in the lab's folder."""
        return os.path.join(self.directory, name)

    @property
    def is_running(self):
        """True while the emulator runs."""
        return self.process is not None and self.process.poll() is None

    def arguments(self):
        """The emulator's command line."""
        mac = ":".join(f"{byte:02x}" for byte in self.mac)
        command = [
            "qemu-system-riscv64", "-M", "virt", "-smp", "1", "-m", f"{self.emulator['memory_mib']}M",
            "-global", "virtio-mmio.force-legacy=false", "-nodefaults",
            "-kernel", os.path.join(self.image, "Image"), "-initrd", os.path.join(self.image, "bundle.img"),
            "-append", f"nexus.form={self.form}",
            "-chardev", f"socket,id=serial,path={self.path('serial.sock')},server=on,wait=off",
            "-serial", "chardev:serial", "-qmp", f"unix:{self.path('qmp.sock')},server=on,wait=off",
            "-drive", f"file={self.path('disk.img')},format=raw,if=none,id=disk",
            "-device", "virtio-blk-device,drive=disk",
            "-device", f"virtio-net-device,netdev=net,mac={mac}",
            "-device", "virtio-rng-device",
        ]
        if self.forward:
            command += ["-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{self.forward}-:4001"]
        else:
            command += ["-netdev", f"stream,id=net,server=off,addr.type=unix,addr.path={self.switch_path}"]
        if self.display:
            width, height = self.display
            number = free_port() - 5900  # the plain VNC port, unused by us
            command += [
                "-device", f"virtio-gpu-device,xres={width},yres={height}",
                "-device", "virtio-keyboard-device", "-device", "virtio-tablet-device",
                "-vnc", f"127.0.0.1:{number},websocket={self.screen_port}",
            ]
        return command + ["-display", "none"] if not self.display else command

    def start(self):
        """Powers the device on; returns when its serial line and control socket answer."""
        if self.is_running:
            raise DeviceError(f"{self.name} is on already")
        disk = self.path("disk.img")
        if not os.path.exists(disk):
            with open(disk, "wb") as file:
                file.truncate(DISK_BYTES)
        for name in ("serial.sock", "qmp.sock"):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        if self.display and self.screen_port is None:
            self.screen_port = free_port()
        with open(self.path("emulator.log"), "ab") as log:
            self.process = subprocess.Popen(self.arguments(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.console = Console(self.path("serial.sock"), self.path("serial.log"))
            self.qmp = Qmp(self.path("qmp.sock"))
        except (ConsoleError, QmpError) as error:
            with open(self.path("emulator.log"), errors="replace") as log:
                words = log.read().strip().splitlines()
            self.kill()
            raise DeviceError(f"{self.name} does not start: {words[-1] if words else error}") from error

    def kill(self):
        """Pulls the plug: ends the emulator at once."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGKILL)
            self.process.wait(timeout=STOP_SECONDS)
        for connection in (self.console, self.qmp):
            if connection is not None:
                connection.close()
        self.process = self.console = self.qmp = None

    def stop(self):
        """Powers off in good order, then by force if that takes too long."""
        if self.is_running:
            try:
                self.console.send("~power off\n")
                self.process.wait(timeout=STOP_SECONDS)
            except (ConsoleError, subprocess.TimeoutExpired):
                pass
        self.kill()

    def need(self):
        """Raises DeviceError unless the device is on."""
        if not self.is_running:
            raise DeviceError(f"{self.name} is off: start it with './nx lab' or the page's power button")

    def tree(self):
        """The interface tree as text, one node a line."""
        self.need()
        return self.console.command("tree")

    def find(self, label):
        """Rectangle (x, y, width, height in pixels) of the node a person would call `label`; DeviceError if none.

        An exact label before one that begins so, and what can be pressed before what only bears the name."""
        lines = self.tree()
        pressable = [line for line in lines if " focusable" in line or line.lstrip().startswith("key ")]
        for exact in (True, False):
            for line in pressable + lines:
                match = NODE.match(line)
                rect = match and RECT.search(match["rest"])
                if not rect:
                    continue
                found = match["label"].replace('\\"', '"').replace("\\\\", "\\")
                if found == label or (not exact and found.lower().startswith(label.lower())):
                    return tuple(int(value) for value in rect.groups())
        raise DeviceError(f"nothing on {self.name} is labelled '{label}': './nx tree {self.name}' lists what is")

    def tap(self, label, timeout=5.0):
        """Presses and releases in the middle of a node, waiting a while for it to appear."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                x, y, width, height = self.find(label)
                break
            except DeviceError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        if not self.display:
            raise DeviceError(f"{self.name} has no screen to tap: use './nx type {self.name} …'")
        across, down = (x + width / 2) / self.display[0], (y + height / 2) / self.display[1]
        self.qmp.pointer(across, down, True)
        self.qmp.pointer(across, down, False)

    def type(self, text):
        """Types on the device's keyboard, or on the serial line of one without a screen."""
        self.need()
        if self.display:
            self.qmp.type(text)
        else:
            self.console.send(text)

    def key(self, names):
        """Presses a key or a chord ("ctrl-n")."""
        self.need()
        if not self.display:
            raise DeviceError(f"{self.name} has no keyboard: use './nx type {self.name} …'")
        self.qmp.key(names)

    def shot(self, path):
        """Saves what the screen shows as PNG."""
        self.need()
        if not self.display:
            raise DeviceError(f"{self.name} has no screen")
        self.qmp.screenshot(path)

    def describe(self):
        """What the page and `nx ps` show of it."""
        return {"name": self.name, "form": self.form, "running": self.is_running, "display": self.display,
                "screenPort": self.screen_port if self.is_running else None}

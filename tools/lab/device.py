# SPDX-License-Identifier: Apache-2.0
"""One emulated device: its emulator process, disk, screen, serial line, and the verbs a person has for it.

Everything it listens on is a Unix socket in the lab's folder, except the screen's websocket and a forwarded port, which
are bound to 127.0.0.1. Paths of sockets are relative to the folder, which is the working folder of the lab and of its
emulators: a socket's path may have 107 bytes only, a folder's is as long as it is.
"""

import hashlib
import os
import signal
import socket
import subprocess
import time
import tomllib
from dataclasses import dataclass

import owned
import tree
from console import Console, ConsoleError, Transcript
from qmp import Qmp, QmpError

DISK_BYTES = 64 * 1024 * 1024
STOP_SECONDS = 5
START_TRIES = 4  # another program may take a port between our choice and the emulator's
SCROLLS_MAX = 40
ANSWER_SECONDS = 1.0  # within which a terminal prints what a line did


class DeviceError(Exception):
    """What went wrong, in words that say what to do."""


@dataclass
class Place:
    """What the devices of one lab share."""

    image: str  # folder with Image and bundle.img
    switch: str = "net.sock"
    emulator: str = "qemu-system-riscv64"
    screens: bool = True  # serve screens on a websocket
    forward: int = 0  # TCP port of 127.0.0.1 that leads to a device's 4001: user network instead of the lab's
    options: tuple = ()  # more of the emulator's, such as those that count instructions


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
        form = tomllib.load(file)
    if "emulator" not in form:
        raise DeviceError(f"forms/{name}.toml has no [emulator] table: see forms/README.md")
    return form


class Device:
    """A device of the lab; start() and kill() or stop() may alternate, as with a power button."""

    def __init__(self, name, form, place):
        self.name = name
        self.form = form["form"]["name"]
        self.emulator = form["emulator"]
        self.place = place
        self.mac = bytes([0x52, 0x54, 0x00]) + hashlib.sha256(name.encode()).digest()[:3]
        self.display = self.emulator.get("display")
        self.screen_port = None
        self.transcript = Transcript()
        self._lined = (0, 0.0)  # where the transcript stood, and when, as the terminal last got a line
        self.is_up = False
        self.process = self.qmp = self.console = None
        os.makedirs(name, exist_ok=True)

    def path(self, name):
        """A file of this device in the lab's folder."""
        return os.path.join(self.name, name)

    @property
    def is_running(self):
        """True while the emulator runs."""
        process = self.process
        return process is not None and process.poll() is None

    def arguments(self):
        """The emulator's command line."""
        image, memory = os.path.abspath(self.place.image), self.emulator["memory_mib"]
        command = [
            self.place.emulator, "-M", "virt", "-smp", "1", "-m", f"{memory}M", "-nodefaults",
            "-global", "virtio-mmio.force-legacy=false",
            "-kernel", os.path.join(image, "Image"), "-initrd", os.path.join(image, "bundle.img"),
            "-append", f"nexus.form={self.form}",
            "-chardev", f"socket,id=serial,path={self.path('serial.sock')},server=on,wait=off",
            "-serial", "chardev:serial", "-qmp", f"unix:{self.path('qmp.sock')},server=on,wait=off",
            "-drive", f"file={self.path('disk.img')},format=raw,if=none,id=disk",
            "-device", "virtio-blk-device,drive=disk", "-device", "virtio-rng-device",
            "-device", f"virtio-net-device,netdev=net,mac={self.mac.hex(':')}", *self.place.options,
        ]
        if self.place.forward:
            command += ["-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{self.place.forward}-:4001"]
        else:
            command += ["-netdev", f"stream,id=net,server=off,addr.type=unix,addr.path={self.place.switch}"]
        if self.display:
            width, height = self.display
            command += ["-device", f"virtio-gpu-device,xres={width},yres={height}",
                        "-device", "virtio-keyboard-device", "-device", "virtio-tablet-device"]
        if self.screen_port:
            number = free_port() - 5900  # the plain VNC port, unused by us
            return command + ["-vnc", f"127.0.0.1:{number},websocket={self.screen_port}"]
        return command + ["-display", "none"]

    def erase(self):
        """Forgets everything the device stored."""
        for name in ("disk.img", "serial.log"):
            owned.forget(self.path(name))

    def start(self):
        """Powers the device on; returns when its serial line and control socket answer."""
        if self.is_running:
            raise DeviceError(f"{self.name} is on already")
        self.kill()
        if not os.path.exists(self.path("disk.img")):
            with open(self.path("disk.img"), "wb") as file:
                file.truncate(DISK_BYTES)
        for last in range(START_TRIES - 1, -1, -1):
            words = self._try_start()
            if words is None:
                return
            if not last or "in use" not in words:
                raise DeviceError(f"{self.name} does not start: {words}")

    def _try_start(self):
        """Starts the emulator once; None, or its last words."""
        if self.display and self.place.screens:
            self.screen_port = free_port()
        with open(self.path("emulator.log"), "wb") as log:
            try:
                self.process = subprocess.Popen(self.arguments(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            except FileNotFoundError:
                return f"{self.place.emulator} is missing: run ./nx setup"
        owned.record(self.path("emulator.pid"), self.process.pid)
        try:
            self._connect()
        except (ConsoleError, QmpError, OSError) as error:
            with open(self.path("emulator.log"), errors="replace") as log:
                words = log.read().strip().splitlines()
            self.kill()
            return words[-1] if words else str(error)
        return None

    def _connect(self):
        """Waits for the emulator's sockets, but not longer than it lives."""
        deadline = time.monotonic() + 20
        while not (os.path.exists(self.path("qmp.sock")) and os.path.exists(self.path("serial.sock"))):
            if not self.is_running or time.monotonic() > deadline:
                raise ConsoleError("the emulator ended at once")
            time.sleep(0.01)
        self.console = Console(self.path("serial.sock"), self.path("serial.log"), self.transcript, timeout=5)
        self.qmp = Qmp(self.path("qmp.sock"))

    def kill(self):
        """Pulls the plug: ends the emulator at once."""
        process, console, qmp = self.process, self.console, self.qmp
        self.process = self.console = self.qmp = None
        self.is_up = False
        if process is not None:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(timeout=STOP_SECONDS)
            owned.forget(self.path("emulator.pid"))
        for connection in (console, qmp):
            if connection is not None:
                connection.close()
        for name in ("serial.sock", "qmp.sock"):
            owned.forget(self.path(name))

    def stop(self):
        """Powers off in good order, then by force if that takes too long."""
        if self.is_running:
            try:
                self.console.send("\x1d~power off\n")
                self.process.wait(timeout=STOP_SECONDS)
            except (ConsoleError, subprocess.TimeoutExpired):
                pass
        self.kill()

    def wait_up(self, seconds):
        """Waits until an app shows its interface; DeviceError with the log's last line if none does."""
        deadline = time.monotonic() + seconds
        while not self.is_up:
            if not self.is_running:
                raise DeviceError(f"{self.name} went off while starting{self._last_words()}")
            try:
                self.is_up = self._shows_app(self.console.command("tree", timeout=3))
            except ConsoleError:
                pass
            if not self.is_up and time.monotonic() > deadline:
                raise DeviceError(f"{self.name} shows nothing after {seconds:.0f} s{self._last_words()}")
            time.sleep(0 if self.is_up else 0.25)

    @staticmethod
    def _shows_app(lines):
        return any(node.role == "application" for node in tree.parse(lines)) or any(
            line.startswith("== ") and "starting" not in line for line in lines)

    def _last_words(self):
        lines = [line for line in self.transcript.text().splitlines() if line.strip()]
        return f"; its last words: {lines[-1].strip()}" if lines else "; it printed nothing"

    def need(self):
        """Raises DeviceError unless the device is on."""
        if not self.is_running:
            raise DeviceError(f"{self.name} is off: switch it on with the page's power button or ./nx lab")

    def command(self, line, timeout=20.0):
        """Runs a developer command on the device; returns its lines."""
        self.need()
        return self.console.command(line, timeout)

    def tree(self):
        """The interface tree as text, one node a line."""
        return self.command("tree")

    def find(self, label):
        """The node a person would call `label`; DeviceError if there is none."""
        node = tree.find(tree.parse(self.tree()), label)
        if node is None:
            raise DeviceError(f"nothing on {self.name} is labelled '{label}': './nx tree {self.name}' lists what is")
        return node

    def tap(self, label, timeout=5.0):
        """Presses and releases in the middle of a node, waiting a while for it to appear."""
        deadline = time.monotonic() + timeout
        scrolls = 0
        while True:
            try:
                if self._tap_once(label):
                    return
                scrolls += 1
                if scrolls > SCROLLS_MAX:
                    raise DeviceError(f"'{label}' on {self.name} does not come into view")
            except DeviceError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _tap_once(self, label):
        """Taps what is in view; otherwise scrolls towards it, once, and returns False."""
        if not self.display:
            return self._choose(label)
        node = self.find(label)
        if "offscreen" in node.states:
            self._point((self.display[0] / 2, self.display[1] / 2), None)
            self.qmp.wheel(3 if node.middle[1] > self.display[1] / 2 else -3)
            return False
        self._point(node.middle, True)
        self._point(node.middle, False)
        return True

    def _point(self, middle, down):
        self.qmp.pointer(middle[0] / self.display[0], middle[1] / self.display[1], down)

    def _choose(self, label):
        """Chooses by label on a terminal: types the key or number that it shows beside it."""
        self.need()
        position, when = self._lined
        screen = tree.screenful(self.transcript.text(position))
        if not tree.is_whole(screen):  # what it shows is not yet the answer to the last line
            if time.monotonic() - when > ANSWER_SECONDS:
                self._send("\n")  # it prints itself anew
            raise DeviceError(f"{self.name}'s terminal does not answer{self._last_words()}")
        keys = tree.keys_for(screen, label)
        self._send(keys or "\n")
        if keys is None:
            raise DeviceError(f"nothing on {self.name}'s terminal is labelled '{label}'")
        return True

    def _send(self, text):
        """Types on the terminal, which answers a line by printing itself."""
        if text.endswith("\n"):
            self._lined = (self.transcript.size, time.monotonic())
        self.console.send(text)

    def type(self, text):
        """Types on the device's keyboard, or on the serial line of one without a screen."""
        self.need()
        if not self.display:
            self._send(text)
            return
        try:
            self.qmp.type(text)
        except ValueError as error:
            raise DeviceError(f"{error}: type what a US keyboard has") from error

    def key(self, names):
        """Presses a key or a chord ("ctrl-n")."""
        self.need()
        if not self.display:
            raise DeviceError(f"{self.name} has no keyboard: use './nx type {self.name} …'")
        try:
            self.qmp.key(names)
        except QmpError as error:
            raise DeviceError(f"no key '{names}': write a, enter, escape, tab, up, f1, ctrl-n … ({error})") from error

    def shot(self, path):
        """Saves what the screen shows as PNG."""
        self.need()
        if not self.display:
            raise DeviceError(f"{self.name} has no screen: './nx tree {self.name}' prints what it shows")
        self.qmp.screenshot(path)

    def describe(self):
        """What the page and `nx ps` show of it."""
        running = self.is_running
        return {"name": self.name, "form": self.form, "running": running, "up": running and self.is_up,
                "display": self.display, "screenPort": self.screen_port if running else None,
                "memory": self.emulator["memory_mib"]}

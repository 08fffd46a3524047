# SPDX-License-Identifier: Apache-2.0
"""One emulated device for a test: with the devices of a form, asked over its serial line; or only listened to."""
import contextlib
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "lab"))

from console import Console, ConsoleError, Transcript  # pylint: disable=wrong-import-position

IMAGE = ROOT / "build" / "riscv64" / "tools" / "image"
DISK_BYTES = 64 << 20
SECONDS = 120  # for anything; the host may be busy


@contextlib.contextmanager
def listened_to(arguments, seconds):
    """The lines of a machine's console as they come. It ends with the block, or after so many seconds."""
    command = ["qemu-system-riscv64", "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot"]
    with subprocess.Popen(command + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as machine:
        limit = threading.Timer(seconds, machine.kill)
        limit.start()
        try:
            yield (line.decode(errors="replace") for line in machine.stdout)
        finally:
            limit.cancel()
            machine.kill()


class Machine:
    """A running emulator. Use as a context manager: it is ended with the block."""

    def __init__(self, folder, form="headless", memory_mib=32, devices=()):
        self.folder = Path(folder)
        self.form, self.memory_mib, self.devices = form, memory_mib, list(devices)
        self.process = self.console = None

    def command(self):
        """The emulator's command line: a disk, random numbers and a network of its own."""
        return ["qemu-system-riscv64", "-M", "virt", "-smp", "2", "-m", f"{self.memory_mib}M",
                "-global", "virtio-mmio.force-legacy=false", "-nodefaults", "-display", "none",
                "-no-reboot", "-kernel", str(IMAGE / "Image"), "-initrd", str(IMAGE / "bundle.img"),
                "-append", f"nexus.form={self.form}",
                "-chardev", f"socket,id=serial,path={self.folder / 'line'},server=on,wait=on",
                "-serial", "chardev:serial",
                "-drive", f"file={self.folder / 'disk.img'},format=raw,if=none,id=disk",
                "-device", "virtio-blk-device,drive=disk", "-device", "virtio-rng-device",
                "-netdev", "user,id=net,restrict=on", "-device", "virtio-net-device,netdev=net",
                *self.devices]

    def __enter__(self):
        disk = self.folder / "disk.img"
        if not disk.exists():
            with open(disk, "wb") as file:
                file.truncate(DISK_BYTES)
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL)
        self.console = Console(str(self.folder / "line"), str(self.folder / "line.log"), Transcript())
        self.wait_until(self.answers, "the console answers")
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        self.console.close()

    def answers(self):
        """Whether the console answers a command."""
        try:
            self.console.command("info", timeout=5)
        except ConsoleError:
            return False
        return True

    def wait_until(self, condition, what):
        """Asks again and again until it is true; fails with the line's text."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert self.process.poll() is None, "the emulator ended:\n" + self.console.transcript.text()
            assert time.monotonic() < deadline, f"never: {what}\n{self.console.transcript.text()[-3000:]}"
            time.sleep(0.2)

    def ask(self, command):
        """The lines of a command's answer."""
        return self.console.command(command, timeout=SECONDS)

    def services(self):
        """What runs: name → (state, restarts, last exit)."""
        rows = [line.split() for line in self.ask("ps")[1:]]
        return {row[0]: (row[1], int(row[2]), int(row[6])) for row in rows}

    def info(self):
        """The device's facts by name."""
        return dict(line.split(maxsplit=1) for line in self.ask("info"))

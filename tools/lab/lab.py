#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The lab: several emulated devices on one virtual network, one page that shows them, one socket that commands them.

  lab.py --root ROOT --image FOLDER --novnc FOLDER [options] NAME=FORM …

It runs until it gets SIGTERM, in the folder it is started in, where it keeps

  lab.lock lab.pid lab.json lab.log   that it runs, what it is, what it said
  control.sock net.sock net.pcap      its words, the virtual network, everything that crossed it
  DEVICE/disk.img serial.log …        one folder a device; the disk outlives the lab

With --report FD it writes JSON lines there while it starts: {"say": …}, and last {"ready": …} or {"error": …}.
What a lab that crashed left behind is ended first.
"""

import argparse
import fcntl
import json
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import owned
import pairing
from console import ConsoleError
from control import Control, Refused
from device import Device, DeviceError, Place, load_form
from qmp import QmpError
from server import Server
from switch import Switch
from words import Words

UP_SECONDS = 120
ALIVE_SECONDS = 5


class Lab:
    """One lab in the working folder."""

    def __init__(self, options):
        self.options = options
        place = Place(image=options.image, emulator=options.emulator, screens=not options.headless,
                      forward=options.forward)
        pairs = [pair.split("=") for pair in options.devices]
        self.devices = {name: Device(name, load_form(options.root, form), place) for name, form in pairs}
        self.switch = Switch(place.switch, seed=options.seed, capture="net.pcap")
        self.switch.names = {device.mac: name for name, device in self.devices.items()}
        self.words = Words(self.devices, self.switch)
        self.control = Control(self.words.perform)
        self.server = None

    def start(self, say):
        """Starts everything, tells progress, and returns when the devices are up and paired."""
        self.switch.start()
        self.control.start()
        if not self.options.headless:
            self.server = make_server(self.words, self.options)
            self.server.start()
        self._write_facts()
        devices = list(self.devices.values())
        for device in devices if self.options.fresh else ():
            device.erase()
        say(f"starting {', '.join(device.name for device in devices)}")
        for device in devices:
            device.start()
        if self.options.no_wait:
            return
        with ThreadPoolExecutor(len(devices)) as pool:
            for device, _ in zip(devices, pool.map(lambda device: device.wait_up(UP_SECONDS), devices)):
                say(f"{device.name} is up")
        if len(devices) > 1 and not self.options.unpaired:
            pairing.pair_all(devices, say)

    def facts(self):
        """What ./nx wants to know of a running lab."""
        return {"devices": {name: device.form for name, device in self.devices.items()},
                "url": self.server.url if self.server else None}

    def _write_facts(self):
        Path("lab.json").write_text(json.dumps(self.facts()), encoding="utf-8")

    def stop(self):
        """Ends everything that start() began, in the other order."""
        if self.server:
            self.server.stop()
        with ThreadPoolExecutor(len(self.devices)) as pool:
            list(pool.map(Device.stop, self.devices.values()))
        self.control.stop()
        self.switch.stop()
        for name in ("lab.json", "lab.pid"):
            owned.forget(name)


def make_server(words, options):
    """The page's server; DeviceError if its port is taken."""
    try:
        return Server(words, options.novnc, options.port)
    except (OSError, OverflowError) as error:
        raise DeviceError(f"port {options.port} is not free: choose another with --port, or leave it out") from error


class Reporter:
    """Tells whoever started the lab how it goes; nobody need listen."""

    def __init__(self, number):
        self._file = os.fdopen(number, "w", encoding="utf-8") if number is not None else None

    def send(self, kind, value):
        """One line for the starter, and for the log."""
        print(f"{kind}: {value}", flush=True)
        try:
            if self._file:
                print(json.dumps({kind: value}), file=self._file, flush=True)
        except OSError:
            self._file = None

    def close(self):
        """The starter may go now."""
        try:
            if self._file:
                self._file.close()
        except OSError:
            pass
        self._file = None


def take_lock():
    """Holds the folder until this process ends; False if another lab has it."""
    lock = os.open("lab.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True  # the kernel closes it with us


def mend():
    """Ends emulators of a lab that crashed and removes its facts; sockets are replaced when they are made."""
    for record in Path(".").glob("*/emulator.pid"):
        owned.end(str(record))
    owned.forget("lab.json")


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("devices", nargs="+", metavar="NAME=FORM")
    for name in ("root", "image", "novnc"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--emulator", default="qemu-system-riscv64")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--forward", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=int)
    for name in ("fresh", "unpaired", "headless", "no-wait"):
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args()


def main():
    """Starts, waits for SIGTERM, stops."""
    options = parse()
    reporter = Reporter(options.report)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    if not take_lock():
        reporter.send("error", "a lab runs in this folder already: ./nx stop ends it")
        return 1
    owned.record("lab.pid", os.getpid())
    mend()
    lab = None
    try:
        lab = Lab(options)
        start_until(lab, reporter, ending)
        while not ending.wait(ALIVE_SECONDS) and owned.recorded("lab.pid") == os.getpid():
            pass  # a lab whose folder was removed has no user any more
    except (DeviceError, ConsoleError, QmpError, Refused, OSError) as error:
        reporter.send("error", str(error))
        return 1
    finally:
        if lab:
            lab.stop()
    return 0


def start_until(lab, reporter, ending):
    """Starts the lab in a thread of its own, so that SIGTERM ends even a start; raises what start() raised."""
    trouble = []

    def run():
        try:
            lab.start(lambda line: reporter.send("say", line))
        except Exception as error:  # carried over to the main thread
            trouble.append(error)

    thread = threading.Thread(target=run, name="start", daemon=True)
    thread.start()
    while thread.is_alive() and not ending.is_set():
        thread.join(timeout=0.1)
    if trouble:
        raise trouble[0]
    if not ending.is_set():
        reporter.send("ready", lab.facts())
        reporter.close()


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""`lab`, `run`, `stop`: emulated devices that go on running behind this program.

The work is in tools/lab/lab.py, one process a lab, one lab a folder (build/lab, or --dir). Here it is started,
detached, and found again: a folder whose lab.lock is held has a lab, and lab.pid says which process that is.
"""
import argparse
import fcntl
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

import build
import setup
from common import BUILD, ROOT, TOOLS, Misuse, Trouble, say

sys.path.append(str(TOOLS / "lab"))

import control  # noqa: E402  (the path above comes first)
import owned  # noqa: E402
import third_party  # noqa: E402
from console import Filter  # noqa: E402

DEFAULT_DIR = BUILD / "lab"
DEFAULT_FORMS = ["phone", "desktop"]
STOP_SECONDS = 20


class Parser(argparse.ArgumentParser):
    """A word's options; misuse is one line."""

    def error(self, message):
        raise Misuse(f"{message}; {self.format_usage().strip()}")


def parser(usage):
    """The options that every word of a lab has."""
    made = Parser(prog=f"./nx {usage.split()[0]}", usage=f"./nx {usage}".replace("%", "%%"), allow_abbrev=False)
    made.add_argument("--dir", type=Path, default=DEFAULT_DIR, help="the lab's folder (build/lab)")
    return made


def start_parser(usage):
    """The options of what starts a lab."""
    made = parser(usage)
    made.add_argument("--fresh", action="store_true", help="forget what the devices stored")
    made.add_argument("--headless", action="store_true", help="no page, no screens")
    made.add_argument("--port", type=int, default=0, help="of the page; any free one if left out")
    made.add_argument("--image", type=Path, help="folder with Image and bundle.img; nothing is built")
    made.add_argument("--emulator", default="qemu-system-riscv64", help=argparse.SUPPRESS)
    return made


def is_running(folder):
    """Whether a lab runs in a folder."""
    try:
        with open(folder / "lab.lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def facts(folder):
    """Devices (name to form) and URL of the lab that runs in a folder; trouble if none runs."""
    if not is_running(folder):
        raise Trouble(f"no lab runs in {shown(folder)}: ./nx lab starts one")
    try:
        return json.loads((folder / "lab.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"devices": {}, "url": None}  # it is starting or ending


def shown(folder):
    """A folder as a person would write it."""
    relative = os.path.relpath(folder)
    return str(folder) if relative.startswith("..") else relative


def device_names(forms):
    """NAME=FORM of each device: the form's name, then form-2, form-3 …"""
    counts, named = {}, []
    for form in forms:
        counts[form] = counts.get(form, 0) + 1
        named.append(f"{form}-{counts[form]}={form}" if counts[form] > 1 else f"{form}={form}")
    return named


def check_forms(forms):
    """Every form must exist."""
    known = sorted(path.stem for path in (ROOT / "forms").glob("*.toml"))
    for form in forms:
        if form not in known:
            raise Misuse(f"no form `{form}`: use one of {', '.join(known)}")


def prepare(options):
    """Builds what a lab needs; the folders of the image and of the screen client."""
    if options.image is None:
        setup.ensure()
        build.build_target("riscv64")
    image = options.image or BUILD / "riscv64" / "tools" / "image"
    for name in ("Image", "bundle.img"):
        if not (image / name).is_file():
            mend = "./nx build riscv64 makes it" if options.image is None else "--image names a folder that has it"
            raise Trouble(f"{shown(image / name)} is not built: {mend}")
    novnc = third_party.build(third_party.recipe_load("novnc"), "lab")
    folder = options.dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble(f"cannot make {shown(folder)} ({error.strerror}): name another --dir") from error
    if any(folder.iterdir()) and not (folder / "lab.lock").exists():
        raise Misuse(f"{shown(folder)} has files that are no lab's: name another --dir")
    return image.resolve(), novnc


def start(options, forms, extra):
    """Starts a lab and follows it until it is ready; returns its facts."""
    image, novnc = prepare(options)
    reading, writing = os.pipe()
    command = [sys.executable, "-B", TOOLS / "lab" / "lab.py", "--root", ROOT, "--image", image, "--novnc", novnc,
               "--emulator", options.emulator, "--port", options.port, "--report", writing]
    command += [f"--{name}" for name in ("fresh", "headless") if getattr(options, name)]
    with open(options.dir / "lab.log", "wb") as log:
        process = subprocess.Popen([str(word) for word in command + extra + device_names(forms)],
                                   cwd=options.dir, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   pass_fds=[writing], start_new_session=True)
    os.close(writing)
    try:
        return follow(reading, options.dir)
    except KeyboardInterrupt:
        process.terminate()
        process.wait(timeout=STOP_SECONDS)
        raise


def follow(reading, folder):
    """Shows what a starting lab says until it is ready."""
    with os.fdopen(reading, encoding="utf-8") as lines:
        for line in lines:
            (kind, value), = json.loads(line).items()
            if kind == "ready":
                return value
            if kind == "error":
                raise Trouble(value)
            say(f"lab: {value}")
    words = (folder / "lab.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise Trouble(f"the lab ended while starting: {words[-1] if words else 'it said nothing'}")


def lab(arguments):
    """The word `lab`."""
    made = start_parser("lab [FORM…] [--fresh] [--unpaired] [--headless] [--dir DIR] [--port N]")
    made.add_argument("forms", nargs="*", metavar="FORM")
    made.add_argument("--unpaired", action="store_true", help="leave the devices strangers to each other")
    options = made.parse_args(arguments)
    forms = options.forms or DEFAULT_FORMS
    check_forms(forms)
    options.dir = options.dir.resolve()
    refuse_second(options.dir)
    ready = start(options, forms, ["--unpaired"] if options.unpaired else [])
    say(f"lab: {', '.join(ready['devices'])} {'are' if len(forms) > 1 else 'is'} up; ./nx help lists what to do with "
        "them, ./nx stop ends them")
    if ready["url"]:
        say(ready["url"])


def refuse_second(folder):
    """One folder, one lab."""
    if is_running(folder):
        devices = ", ".join(facts(folder)["devices"]) or "starting"
        raise Trouble(f"a lab runs in {shown(folder)} already ({devices}): ./nx stop ends it, --dir DIR starts another")


def run(arguments):
    """The word `run`: one device with its serial line here."""
    made = start_parser("run FORM [--fresh] [--headless] [--dir DIR] [--forward PORT]")
    made.add_argument("form", metavar="FORM")
    made.add_argument("--forward", type=int, default=0, metavar="PORT",
                      help="a port of 127.0.0.1 that leads to the device's 4001, on a network of its own")
    options = made.parse_args(arguments)
    check_forms([options.form])
    options.dir = options.dir.resolve()
    refuse_second(options.dir)
    log = options.dir / options.form / "serial.log"
    begin = log.stat().st_size if log.exists() and not options.fresh else 0
    ready = start(options, [options.form], ["--no-wait", "--forward", str(options.forward)])
    say(f"run: {options.form} starts; its serial line is here, Ctrl-C switches it off"
        + (f"; its screen: {ready['url']}" if ready["url"] else ""))
    try:
        attach(options, log, begin)
    except KeyboardInterrupt:
        say("")
    finally:
        stop_lab(options.dir)


def attach(options, log, begin):
    """Shows a device's serial line and sends what is typed, until the device goes off."""
    clean, typing = Filter(lambda *_: None), True
    while not log.exists():
        time.sleep(0.05)
    with open(log, "rb") as file:
        file.seek(begin)
        while True:
            data = file.read()
            sys.stdout.write(clean.feed(data).decode(errors="replace"))
            sys.stdout.flush()
            if typing and select.select([sys.stdin], [], [], 0.05)[0]:
                line = sys.stdin.readline()
                typing = bool(line)
                if line:
                    control.ask(options.dir, "serial", [options.form, line])
            elif not typing:
                time.sleep(0.05)
            if not data and owned.recorded(options.dir / options.form / "emulator.pid") is None:
                return


def stop_lab(folder):
    """Ends the lab of a folder; True if one ran."""
    if is_running(folder):
        owned.end(str(folder / "lab.pid"), STOP_SECONDS)
        ended = True
    else:
        ended = False
    for record in folder.glob("*/emulator.pid"):
        ended = owned.end(str(record)) or ended  # of a lab that could not end them
    return ended


def stop(arguments):
    """The word `stop`."""
    options = parser("stop [--dir DIR]").parse_args(arguments)
    ended = stop_lab(options.dir.resolve())
    say("stop: the lab ended" if ended else f"stop: no lab runs in {shown(options.dir.resolve())}")


WORDS = {
    "lab": ("lab [FORM…] [--fresh] [--unpaired]", "start devices, phone and desktop by default, and the page", lab),
    "run": ("run FORM [--fresh]", "start one device with its serial line here", run),
    "stop": ("stop", "end the lab; --dir DIR names another than build/lab", stop),
}

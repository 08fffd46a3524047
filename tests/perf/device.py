# SPDX-License-Identifier: Apache-2.0
"""Bench area `device`: what whole devices execute to start, to do nothing, and for a key press.

Counted under -icount, where the guest's clock is a count: 1 ns is 1 instruction. A device counts what it
executed itself: `~info` has the clock and the time its harts waited, so busy = Δclock − Δidle. While nobody
uses it a device runs with sleep=off: its clock leaps over waiting. Where a disk, a person or another device acts,
waiting takes the time it takes (sleep=on), or hours would pass between two keys. docs/performance.md says what is weak.
"""
import os
import re
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "lab"))

import pairing  # noqa: E402  (the path above comes first)
import tree  # noqa: E402
from device import Device, Place, load_form  # noqa: E402
from switch import Switch  # noqa: E402

IMAGE = ROOT / "build" / "riscv64" / "tools" / "image"
FORMS = ("headless", "phone", "desktop")
LEAPING, STEADY = "shift=0,sleep=off", "shift=0,sleep=on"
SECONDS = 120  # for anything; the host may be busy
HOUR_US = 3_600_000_000  # of the device's clock, which leaps: long, so that asking twice does not matter
KEYS = "the quick brown fox jumps over the lazy dog and so on"[:48]
KEY_SECONDS = 0.15  # a fast person's; slow enough that every key gets a frame of its own
SETTLE_SECONDS = 3
STARTS = 5  # the median of these: when the disk answers differs by a few percent

BOOT = "Linux 887 M, lean 27.45 M to its first process"
MEMORY = "Linux 83 MB, lean 15.9 MB, neither with a screen"
MILLION = "M instructions"


@contextmanager
def network(folder):
    """A working folder with the lab's network in it."""
    before = os.getcwd()
    os.chdir(folder)
    switch = Switch("net.sock")
    switch.start()
    try:
        yield switch
    finally:
        switch.stop()
        os.chdir(before)


@contextmanager
def device(form, counting):
    """A new device of a form, on; powered off with the block. Its seed makes its key: each form has its own."""
    options = ("-icount", counting, "-seed", str(FORMS.index(form) + 1), "-rtc", "clock=vm,base=2026-01-01",
               "-set", "drive.disk.cache=unsafe")  # the host's flushes are not what is counted
    one = Device(form, load_form(ROOT, form), Place(image=str(IMAGE), screens=False, options=options))
    one.erase()
    one.start()
    try:
        yield one
    finally:
        one.stop()


def wait(what, test):
    """Asks until `test()` gives something."""
    deadline = time.monotonic() + SECONDS
    while not (result := test()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"never: {what}")
        time.sleep(0.1)
    return result


def info(one):
    """The device's facts by name, numbers only."""
    pairs = (line.split() for line in one.command("info", timeout=SECONDS))
    return {pair[0]: int(pair[1]) for pair in pairs if pair[1].isdigit()}


def logged(one, pattern):
    """All that the log says in these words."""
    return [int(found) for found in re.findall(pattern, "\n".join(one.command("log 2000", timeout=SECONDS)))]


def busy_us(before, after):
    """Executed between two answers, in thousands of instructions."""
    return after["clock_us"] - before["clock_us"] - (after["idle_us"] - before["idle_us"])


def usable(one):
    """Instructions to the first frame or print of an app. Nothing is asked before: it would count."""
    wait(f"an app on {one.name}", lambda: re.search(r"usable after|== \[", one.transcript.text()))
    (after,), (waiting,) = (wait("the log says when", lambda: logged(one, pattern))
                            for pattern in (r"usable after (\d+) us", r"(\d+) of them waiting"))
    return (after - waiting) / 1000


def idle(one):
    """(instructions executed in 10 idle seconds, facts at the end), once the work after a start is done."""
    before = later(one, 0)
    after = later(one, before["clock_us"])
    return busy_us(before, after) / (after["clock_us"] - before["clock_us"]) * 1e10, after


def later(one, since_us):
    """The facts when an hour has passed on the device since this point of its clock."""
    def look():
        time.sleep(1)
        now = info(one)
        return now if now["clock_us"] - since_us > HOUR_US else None

    return wait("virtual time passes", look)


def started(form):
    """Millions of instructions from the kernel's entry to a usable frame, on an empty disk."""
    with device(form, STEADY) as one:
        return usable(one)


@contextmanager
def leaping(form):
    """A started device whose clock leaps; another one if it leapt over a driver's patience with the host's disk."""
    for _ in range(STARTS):
        with device(form, LEAPING) as one:
            usable(one)
            time.sleep(1)
            if not re.search("store: .*(failed|error)", "\n".join(one.command("log 2000", timeout=SECONDS))):
                yield one
                return
    raise TimeoutError("the host's disk is too slow for a leaping clock: try again when it is quiet")


def measure_alone(form):
    """Rows of one device that nobody uses."""
    starts = [started(form) for _ in range(STARTS)]
    yield f"{form}: kernel entry to a usable frame", statistics.median(starts), MILLION, BOOT
    with leaping(form) as one:
        executed, facts = idle(one)
        used = (facts["memory_kib"] - facts["memory_free_kib"]) / 1024
        whole = one.emulator["memory_mib"]
        yield f"{form}: memory used at idle", used, f"MiB of {whole}", MEMORY
        boot = whole - facts["memory_kib"] / 1024
        yield f"{form}: beside it, firmware and boot image", boot, "MiB", ""
        yield f"{form}: of it the kernel's", facts["kernel_kib"] / 1024, "MiB", "seL4 3.3 MB in all"
        yield f"{form}: executed in 10 idle seconds", executed, "instructions", "on a network without any other device"


def note_new(one):
    """Opens a new note; what is typed goes into it."""
    one.tap("New note", timeout=SECONDS)
    wait("a place for text", lambda: [node for node in tree.parse(one.tree()) if node.role.startswith("text")])
    time.sleep(SETTLE_SECONDS)


def type_slowly(one):
    """Types KEYS as a person would."""
    for key in KEYS:
        one.type(key)
        time.sleep(KEY_SECONDS)


def burst(one, devices):
    """Millions executed a key on each device, beyond what the same time costs without keys."""
    quiet = spent(devices, lambda: time.sleep(len(KEYS) * KEY_SECONDS + SETTLE_SECONDS))
    loud = spent(devices, lambda: (type_slowly(one), time.sleep(SETTLE_SECONDS)))
    return [(busy - seconds * rest / rest_seconds) / len(KEYS) / 1000
            for (busy, seconds), (rest, rest_seconds) in zip(loud, quiet)]


def spent(devices, action):
    """(thousands executed, seconds passed) on each device while `action` runs."""
    before = [info(one) for one in devices]
    action()
    after = [info(one) for one in devices]
    return [(busy_us(*pair), (pair[1]["clock_us"] - pair[0]["clock_us"]) / 1e6) for pair in zip(before, after)]


def latency(one):
    """Thousandths from an event to its frame, mean over the last 32 such frames."""
    means = logged(one, r"input to frame: mean (\d+) us")[-2:]
    return sum(means) / len(means) / 1000


def measure_keys(one):
    """Rows of a person who types on a device that is linked to nobody."""
    note_new(one)
    (executed,) = burst(one, [one])
    yield f"{one.name}: key press to changed pixels", latency(one), MILLION, "until the display has the frame"
    yield f"{one.name}: all that a key press sets off", executed, MILLION, "documents, store, list and frames"


def measure_pair(phone, desktop):
    """Rows of two linked devices: typed on one, shown on both."""
    pairing.pair_all([phone, desktop], lambda line: None)
    note_new(phone)
    desktop.tap("Untitled", timeout=SECONDS)
    first, second = burst(phone, [phone, desktop])
    wait("the text on the desktop", lambda: KEYS in "\n".join(desktop.tree()))
    ((rest, seconds),) = spent([phone], lambda: time.sleep(10))
    yield "linked phone: executed in 10 idle seconds", rest / seconds / 100, MILLION, "in its first 5 minutes"
    yield "key on the phone to text on the desktop", first + second, MILLION, "both devices together:"
    yield "  executed on the phone", first, MILLION, "as above, and to seal and send it"
    yield "  executed on the desktop", second, MILLION, "to take, store and show it"


def measure_devices():
    """All rows, in a folder of their own."""
    for form in FORMS:
        yield from measure_alone(form)
    with device("phone", STEADY) as phone, device("desktop", STEADY) as desktop:
        for one in (phone, desktop):
            one.wait_up(SECONDS)
            yield from measure_keys(one)
        yield from measure_pair(phone, desktop)


def measure():
    """Rows of (what, value, unit, anchor)."""
    with tempfile.TemporaryDirectory() as folder, network(folder):
        for what, value, unit, anchor in measure_devices():
            yield what, round(value, 2 if value < 1000 else None), unit, anchor

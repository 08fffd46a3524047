# SPDX-License-Identifier: Apache-2.0
"""Proof 14: programs that take all they can run beside the phone's interface, and nobody notices but the log.

The image is the built one and six programs more (tests/system/hogs): five hogs of the highest priority they may ask
for, and the metronome, which has a millisecond of work every ten and counts what it misses. Time is counted
instructions, and an idle machine's clock leaps: the host's load changes nothing. The checks have twins: hogs without a
limit of time, a kernel that forgets limits, a metronome that gets less than it needs.
"""
import os
import re
import sys
import time

import pytest

from machine import ROOT, SECONDS
from own_image import BUILT, make_image

sys.path[:0] = [str(ROOT / "tools" / name) for name in ("nx", "lab", "")]

import trace  # pylint: disable=wrong-import-position
import tree  # pylint: disable=wrong-import-position
from device import Device, Place, free_port, load_form  # pylint: disable=wrong-import-position

LONG = "NX_LONG" in os.environ
PERIOD_US, METRONOME_US, HOG_US, HOG_KIB = 10_000, 2_000, 800, 1024
PERIODS = 1_000_000 if LONG else 4_000
LONG_SECONDS = 3 * 3600
HUNGRY = ("hog_time", "hog_handles", "hog_processes", "hog_servers")  # for time; hog_memory ends and begins again
TEXT = "Written beside five hogs"
GRANTS = '[grants]\nrtc = {service = "rtc", restarted = 0}\nstage = {service = "stage", restarted = 1}\n'
# What each is granted; all of the same priority, above everybody's.
HOGS = {"hog_time": "", "hog_memory": "", "hog_handles": "", "hog_processes": "", "hog_servers": GRANTS}
HOG_PRIORITY = 30
METRONOME_PRIORITY = 29
OVERRUN_US = 60  # from the end of an amount to the hart's timer, through whatever call of the kernel was under way
KEY_MS = 100  # from a key's interrupt to its picture, beside all of them
COUNTED = ("-icount", "shift=3,sleep=off", "-seed", "1", "-rtc", "clock=vm,base=2026-01-01",
           "-set", "drive.disk.cache=unsafe")
REPORT = re.compile(r"metronome: periods (\d+) missed (\d+) late_us (\d+) done_us (\d+)")


def manifest(folder, name, priority, time_us, rest=""):
    """A program's manifest, written."""
    path = folder / f"{name}.toml"
    limit = f"time_us = [{time_us}, {PERIOD_US}]\n" if time_us else ""
    path.write_text(f'name = "{name}"\npriority = {priority}\nmemory_kib = {HOG_KIB}\n{limit}{rest}')
    return path


def hog_image(folder, lower, hog_us, metronome_us, kernel):
    """A folder with Image and bundle.img: the phone with metronome and hogs, those by so much lower; 0 us: no limit."""
    made = BUILT / "tests" / "system" / "hogs"
    programs = [(name, made / "hog", manifest(folder, name, HOG_PRIORITY - lower, hog_us, grants))
                for name, grants in HOGS.items()]
    programs.append(("metronome", made / "metronome", manifest(folder, "metronome", METRONOME_PRIORITY, metronome_us)))
    added = "".join(f', "{name}"' for name, _, _ in programs)
    form = (ROOT / "forms" / "phone.toml").read_text().replace('"devices"]', f'"devices"{added}]')
    return make_image(folder, programs, form, kernel=kernel)


class Phone:
    """The phone of such an image, on."""

    def __init__(self, folder, lower=0, hog_us=HOG_US, metronome_us=METRONOME_US, kernel="Image"):
        self.folder, self.before = folder, os.getcwd()
        image = hog_image(folder, lower, hog_us, metronome_us, kernel)
        place = Place(image=image, screens=False, forward=free_port(), options=COUNTED)
        os.chdir(folder)
        self.device = Device("phone", load_form(ROOT, "phone"), place)

    def __enter__(self):
        self.device.start()
        return self

    def __exit__(self, *error):
        self.device.kill()
        os.chdir(self.before)

    def until(self, what, test, seconds=SECONDS):
        """Asks again and again until it is true."""
        deadline = time.monotonic() + seconds
        while not (result := test()):
            assert self.device.is_running and time.monotonic() < deadline, f"never: {what}\n{self.said()[-3000:]}"
            time.sleep(0.1)
        return result

    def said(self):
        """All that its line printed since it was switched on."""
        return (self.folder / "phone" / "serial.log").read_text(errors="replace")

    def nodes(self):
        """The interface."""
        return tree.parse(self.device.command("tree", timeout=SECONDS))

    def report(self):
        """The metronome's last: periods, missed, worst start, worst end."""
        found = REPORT.findall(self.said())
        return [int(number) for number in found[-1]] if found else [0, 0, 0, 0]

    def log_says(self, pattern):
        """Whether its line printed that."""
        return re.search(pattern, self.said())

    def seconds(self):
        """(its clock, processor time by service), in seconds."""
        rows = [line.split() for line in self.device.command("ps", timeout=SECONDS)[1:]]
        facts = dict(line.split() for line in self.device.command("info", timeout=SECONDS))
        return int(facts["clock_us"]) / 1e6, {row[0]: int(row[3]) / 1e3 for row in rows}

    def trace(self, work):
        """What the kernel recorded while `work` was done, or the last part of it."""
        self.device.command("trace on", timeout=SECONDS)
        work()
        lines = self.device.command("trace read", timeout=SECONDS)
        self.device.command("trace off", timeout=SECONDS)
        return trace.Trace(trace.decode(lines))


def shares(phone, periods):
    """What part of its clock each hog used over that many periods, as ps counts."""
    before, used = phone.seconds()
    start = phone.report()[0]
    phone.until("periods pass", lambda: phone.report()[0] >= start + periods)
    after, more = phone.seconds()
    return {name: (more[name] - used[name]) / (after - before) for name in HUNGRY}


def per_period(found, name):
    """Microseconds that a process was charged in each of its budget's whole periods in a trace. A period begins where
    it goes on after it had to wait; from there on they follow each other exactly."""
    tick = found.hertz / 1e6
    spans = [(start, end) for start, end, payer in found.charges() if found.name(payer) == name]
    period = PERIOD_US * tick
    bursts = [start for (_, end), (start, _) in zip(spans, spans[1:]) if start - end > period / 4]
    if not bursts:
        return []
    offsets = [(start - bursts[0] + period / 2) % period for start in bursts]
    first = bursts[0] - period / 2 + min(offsets)
    sums = {}
    for start, end in spans:
        number = (start - first) // period
        sums[number] = sums.get(number, 0) + (end - start) / tick
    return [sums[number] for number in sorted(sums)[1:-1]]


def key_ms(found):
    """From the first interrupt of the input driver to the stage's next call of the display, in milliseconds."""
    threads = {record[5]: record[4] for record in found.records if record[4] and record[5]}
    interrupt = began = None
    for ticks, kind, _, _, process, _, other, _ in found.records:
        if kind == trace.INTERRUPT:
            interrupt = ticks
        elif kind == trace.RUN and found.name(process) == "input" and began is None:
            began = interrupt
        elif (kind == trace.CALL and began is not None and found.name(process) == "stage"
              and found.name(threads.get(other)) == "gpu"):
            return (ticks - began) * 1000 / found.hertz
    return None


@pytest.fixture(scope="module", name="phone")
def running_phone(tmp_path_factory):
    """A phone with all hogs, up, with a new note open."""
    with Phone(tmp_path_factory.mktemp("phone")) as phone:
        phone.device.wait_up(SECONDS)
        phone.device.tap("Notes", SECONDS)
        phone.device.tap("New note", SECONDS)
        phone.until("the metronome reports", lambda: phone.report()[0])
        yield phone


def test_the_interface_is_usable(phone):
    """What is typed appears."""
    phone.device.type(TEXT)
    phone.until("the note shows it", lambda: any(node.value.startswith(TEXT) for node in phone.nodes()))


def test_a_key_is_on_the_screen_soon(phone):
    """By the device's clock, from the keyboard's interrupt to the picture."""
    found = []
    for _ in range(8):
        recorded = phone.trace(lambda: (phone.device.key("x"), time.sleep(0.05)))
        found += [taken] if (taken := key_ms(recorded)) else []
    print("milliseconds from key to picture:", *(f"{taken:.1f}" for taken in found))
    assert len(found) >= 4 and max(found) < KEY_MS, found


def test_each_hog_gets_its_time_and_no_more_in_every_period(phone):
    """From the kernel's records; and over many periods as ps counts it."""
    recorded = phone.trace(lambda: time.sleep(0.5))
    for name in HUNGRY:
        spent = per_period(recorded, name)
        print(f"{name}: {len(spent)} periods, {min(spent):.0f} to {max(spent):.0f} us")
        assert len(spent) >= 10 and max(spent) <= HOG_US + OVERRUN_US, (name, spent)
        assert sum(spent) / len(spent) > HOG_US * 0.95, (name, spent)
    part = shares(phone, 500)
    assert all(HOG_US / PERIOD_US * 0.95 < share < HOG_US / PERIOD_US * 1.02 for share in part.values()), part


def test_the_log_tells_who_was_stopped_and_why(phone):
    """Held back, refused memory, ended."""
    for name in HUNGRY:
        phone.until(f"{name} is told", lambda name=name: phone.log_says(
            f"init: {name} is held back: it uses all of its {HOG_US} us in every {PERIOD_US} us"))
    phone.until("processes are refused", lambda: phone.log_says(
        r"init: hog_processes gets no more memory: it has \d+ of its \d+ KiB"))
    assert phone.log_says(r"kernel: hog_memory touched a page and memory is exhausted: it has \d+ of its \d+ KiB")
    assert phone.log_says(r"init: hog_memory faulted: cause 15 at .*; restart in")


def test_the_metronome_misses_no_period(phone):
    """From when it began, through all of the above, and on."""
    phone.until("all its periods", lambda: phone.report()[0] >= PERIODS, LONG_SECONDS if LONG else SECONDS)
    periods, missed, late_us, done_us = phone.report()
    print(f"metronome: worst start {late_us} us, worst end {done_us} us after a period's begin")
    print(f"proof: interference seeds 1 count {periods} failures {missed}")
    assert missed == 0 and done_us < PERIOD_US


def test_a_loan_without_an_end_is_found(tmp_path):
    """A kernel where a server keeps what a hog lent it, until it answers: the hogs' own twin, for the metronome."""
    with Phone(tmp_path, kernel="planted_loan.image") as phone:
        phone.device.wait_up(SECONDS)
        phone.device.tap("Notes", SECONDS)
        phone.device.tap("New note", SECONDS)
        phone.device.type(TEXT)
        phone.until("a period is missed", lambda: phone.report()[1])


@pytest.mark.parametrize("hog_us, kernel", [(0, "Image"), (HOG_US, "planted_time.image")], ids=["manifest", "kernel"])
def test_a_hog_without_a_limit_is_found(tmp_path, hog_us, kernel):
    """Below everybody, or nothing could be asked: they take what is left, which is more than they may have."""
    with Phone(tmp_path, 25, hog_us, METRONOME_US, kernel) as phone:
        phone.until("the metronome reports", lambda: phone.report()[0])
        part = shares(phone, 500)
        assert max(part.values()) > HOG_US / PERIOD_US * 1.02, part


def test_a_missed_period_is_found(tmp_path):
    """A metronome that may use less time than it needs."""
    with Phone(tmp_path, metronome_us=700) as phone:
        phone.until("the metronome reports", lambda: phone.report()[0])
        assert phone.report()[1] > 0

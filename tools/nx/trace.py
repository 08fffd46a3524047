# SPDX-License-Identifier: Apache-2.0
"""`trace`, `top`: what a device does, as a timeline for Chrome's tracing page or Perfetto, and as a table that follows.

docs/protocols/trace.md has the format of the kernel's records. The timeline has a row for each hart with what it ran,
and for each process a row for each thread with its calls, an arrow from each call to who served it, and instants for
signals, interrupts and faults.
"""
import base64
import binascii
import json
import struct
import time
from collections import defaultdict
from pathlib import Path

import devices
import labs
from common import Misuse, Trouble, say

MAGIC = 0x3145434152544E58
HEADER, RECORD = struct.Struct("<QQIIQ"), struct.Struct("<QBBHIIIQ")
(NAME, RUN, STOP, IDLE, WAKE, CALL, SERVE, REPLY, SIGNAL, INTERRUPT, PAGE, FAULT, START, END, CHORE) = range(1, 16)
HARTS = 1 << 30  # the process of the harts' rows: no device's process has that number
INSTANTS = {SIGNAL: "signal", INTERRUPT: "interrupt", PAGE: "page", FAULT: "fault", START: "start", END: "end",
            CHORE: "chore"}


class Trace:
    """Records in order of time, and what the processes are called."""

    def __init__(self, data):
        if len(data) < HEADER.size:
            raise ValueError("it has no header")
        magic, self.written, capacity, _, self.hertz = HEADER.unpack_from(data)
        count = (len(data) - HEADER.size) // RECORD.size
        if magic != MAGIC or not self.hertz or not capacity or count < min(self.written, capacity):
            raise ValueError("it is no trace, or a part of it is missing")
        records = [RECORD.unpack_from(data, HEADER.size + RECORD.size * i)
                   for i in range(min(self.written, capacity))]
        oldest = self.written % capacity if self.written > capacity else 0
        records = records[oldest:] + records[:oldest]
        self.names = {record[4]: struct.pack("<IIQ", *record[5:]).split(b"\0")[0].decode(errors="replace")
                      for record in records if record[1] == NAME}
        self.records = [record for record in records if record[1] != NAME]
        self.start = self.records[0][0] if self.records else 0
        self.lost = max(0, self.written - capacity)

    def name(self, process):
        """What a process is called."""
        return self.names.get(process, f"process {process}")

    def microseconds(self, ticks):
        """Since the first record."""
        return (ticks - self.start) * 1_000_000 / self.hertz

    def runs(self):
        """(start, end, hart, process, thread, payer) of every stretch that a hart ran a thread, in ticks; one that had
        begun before the first record, or goes on after the last, is not among them."""
        running = {}
        for ticks, kind, hart, _, process, thread, other, _ in self.records:
            if kind == RUN and hart in running:
                start, of, who, payer = running[hart]
                yield start, ticks, hart, of, who, payer
            if kind == RUN:
                running[hart] = (ticks, process, thread, other)
            elif kind == STOP and hart in running:
                start, of, who, payer = running.pop(hart)
                yield start, ticks, hart, of, who, payer

    def paid(self):
        """Seconds that each process caused, as `ps` counts them."""
        spent = defaultdict(float)
        for start, end, payer in self.charges():
            spent[payer] += (end - start) / self.hertz
        return spent

    def charges(self):
        """(start, end, payer) in ticks, as the kernel charges: from where the hart last stopped, changed or woke."""
        since, payers = {}, {}
        for ticks, kind, hart, _, _, _, other, argument in self.records:
            if kind in (RUN, STOP) and hart in payers:
                yield since[hart], ticks, payers.pop(hart)
                since[hart] = ticks
            if kind == RUN:
                payers[hart] = other
                since.setdefault(hart, ticks)
            elif kind in (STOP, WAKE):
                since[hart] = argument if kind == WAKE else ticks


class Timeline:
    """Events of the Chrome trace format."""

    def __init__(self, trace):
        self.trace = trace
        self.events = []
        self.threads = {record[5]: record[4] for record in trace.records if record[4] and record[5]}
        self.calls = {}  # caller → (start, flow number)
        self.serving = {}  # server → (start, caller)
        self.flows = 0
        self.begin_rows()
        for record in trace.records:
            self.take(record)

    def add(self, phase, name, ticks, row, **more):
        """One event in row (process, thread)."""
        self.events.append({"ph": phase, "name": name, "ts": round(self.trace.microseconds(ticks), 3),
                            "pid": row[0], "tid": row[1]} | more)

    def begin_rows(self):
        """What rows are called; the harts' stretches."""
        self.add("M", "process_name", self.trace.start, (HARTS, 0), args={"name": "harts"})
        for process in sorted({record[4] for record in self.trace.records if record[4]}):
            self.add("M", "process_name", self.trace.start, (process, 0), args={"name": self.trace.name(process)})
        for start, end, hart, process, thread, payer in self.trace.runs():
            self.add("X", self.trace.name(process), start, (HARTS, hart),
                     dur=round((end - start) * 1_000_000 / self.trace.hertz, 3),
                     args={"thread": thread, "for": self.trace.name(payer)})

    def span(self, name, start, end, row, **more):
        """From start to end, in ticks."""
        self.add("X", name, start, row, dur=round((end - start) * 1_000_000 / self.trace.hertz, 3), **more)

    def served(self, ticks, server, caller):
        """A server has a call: the arrow ends here."""
        self.serving[server] = (ticks, caller)
        if caller in self.calls:
            self.add("f", "call", ticks, (self.threads.get(server, 0), server), id=self.calls[caller][1], cat="call",
                     bp="e")

    def take(self, record):
        """One record."""
        ticks, kind, hart, _, process, thread, other, argument = record
        if kind == CALL:
            self.flows += 1
            self.calls[thread] = (ticks, self.flows, argument)
            self.add("s", "call", ticks, (process, thread), id=self.flows, cat="call")
            if other:
                self.served(ticks, other, thread)
        elif kind == SERVE:
            self.served(ticks, thread, other)
        elif kind == REPLY:
            self.replied(ticks, (process, thread), other)
        elif kind in INSTANTS:
            row = (process, thread) if process else (HARTS, hart)
            self.add("i", INSTANTS[kind], ticks, row, s="t", args={"value": f"{argument:#x}"})

    def replied(self, ticks, server, caller):
        """An answer ends the call's span and the server's."""
        if caller in self.calls:
            start, _, info = self.calls.pop(caller)
            self.span(f"call {self.trace.name(server[0])}", start, ticks, (self.threads.get(caller, 0), caller),
                      args={"op": info & 0xFFFFFFFF})
        start, served = self.serving.pop(server[1], (ticks, None))
        if served == caller:
            self.span(f"serve {self.trace.name(self.threads.get(caller, 0))}", start, ticks, server)

    def as_json(self):
        """The file's text."""
        return json.dumps({"traceEvents": self.events, "displayTimeUnit": "ns"}, separators=(",", ":"))


def decode(lines):
    """The bytes that `~trace read` printed."""
    try:
        return b"".join(base64.b64decode(line, validate=True) for line in lines)
    except binascii.Error as error:
        raise ValueError(f"a line is damaged ({error})") from error


def positive(text, usage):
    """A number of seconds or looks above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value <= 3600:
        raise Misuse(f"'{text}' is no number above 0: usage: ./nx {usage}")
    return value


def trace(arguments):
    """The word `trace`."""
    usage = "trace DEVICE [SECONDS] [FILE.json]"
    made = labs.parser(usage)
    made.add_argument("device")
    made.add_argument("words", nargs="*")
    options = made.parse_args(arguments)
    words = list(options.words)
    path = Path(words.pop() if words and words[-1].endswith(".json") else "trace.json")
    seconds = positive(words.pop(0), usage) if words else 1.0
    if words:
        raise Misuse(f"usage: ./nx {usage}")
    if not path.absolute().parent.is_dir():
        raise Trouble(f"there is no folder {path.parent}: make it first")
    devices.answer_of(options.dir, "trace", [options.device, "on"])
    try:
        time.sleep(seconds)
        lines = devices.answer_of(options.dir, "trace", [options.device, "read"])
    finally:
        devices.answer_of(options.dir, "trace", [options.device, "off"])
    try:
        recorded = Trace(decode(lines))
    except ValueError as error:
        raise Trouble(f"what {options.device} answered cannot be read: {error}") from error
    path.write_text(Timeline(recorded).as_json(), encoding="utf-8")
    lost = f"; the first {recorded.lost} are lost: ask for fewer seconds" if recorded.lost else ""
    say(f"{path}: {len(recorded.records)} records{lost}; open it in https://ui.perfetto.dev or chrome://tracing")
    for process, spent in sorted(recorded.paid().items(), key=lambda item: -item[1])[:8]:
        say(f"  {recorded.name(process):16} {spent * 1000:9.2f} ms")


def table(lines):
    """name → the columns of ~ps."""
    return {row[0]: row[1:] for row in (line.split() for line in lines[1:]) if len(row) == 7}


def top_screen(before, now, seconds):
    """The lines of one look: most processor time first."""
    rows = []
    for name, (state, restarts, cpu, kib, handles, _) in now.items():
        # A service that was restarted begins at 0.
        same = name in before and before[name][1] == restarts
        spent = int(cpu) - (int(before[name][2]) if same else 0)
        rows.append((spent / 10 / seconds, name, state, int(kib), int(handles), int(restarts)))
    rows.sort(key=lambda row: (-row[0], row[1]))
    yield f"{'name':20} {'state':8} {'cpu %':>6} {'kib':>7} {'handles':>7} {'restarts':>8}"
    for share, name, state, kib, handles, restarts in rows:
        yield f"{name:20} {state:8} {share:6.1f} {kib:7} {handles:7} {restarts:8}"


def top(arguments):
    """The word `top`."""
    usage = "top DEVICE [--count N]"
    made = labs.parser(usage)
    made.add_argument("device")
    made.add_argument("--count", type=int, default=0)
    made.add_argument("--seconds", default="2")
    options = made.parse_args(arguments)
    seconds = positive(options.seconds, usage)
    if options.count < 0:
        raise Misuse(f"'{options.count}' is no number of looks: usage: ./nx {usage}")
    look, before, then = 0, {}, 0.0
    while True:
        lines = [line.removeprefix("  ") for line in devices.answer_of(options.dir, "ps", [options.device])]
        now, at = table(lines[1:]), time.monotonic()
        if look:
            clear = "" if options.count else "\x1b[H\x1b[2J"
            say(clear + "\n".join([lines[0], *top_screen(before, now, at - then)]))
        if options.count and look == options.count:
            return
        before, then, look = now, at, look + 1
        time.sleep(seconds)


WORDS = {
    "trace": ("trace DEVICE [SECONDS] [FILE.json]", "what it does, as a timeline for Perfetto or Chrome", trace),
    "top": ("top DEVICE [--count N]", "what runs, most processor time first, until Ctrl-C", top),
}

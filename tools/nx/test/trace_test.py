# SPDX-License-Identifier: Apache-2.0
"""Traces are read as they were written, made into a timeline that holds together, and odd ones are refused."""
import base64
import json
import sys
from pathlib import Path

import pytest

NX = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(NX))

import trace  # noqa: E402


def record(ticks, kind, **more):
    """One record's bytes; what is not given is 0."""
    fields = [more.get(field, 0) for field in ("process", "thread", "other", "argument")]
    return trace.RECORD.pack(ticks, kind, more.get("hart", 0), 0, *fields)


def name(process, text):
    """A NAME record."""
    words = text.encode().ljust(16, b"\0")
    return trace.RECORD.pack(0, trace.NAME, 0, 0, process, *trace.struct.unpack("<IIQ", words))


def memory(records, written=None, capacity=100, magic=trace.MAGIC):
    """A header and records."""
    header = trace.HEADER.pack(magic, len(records) if written is None else written, capacity, 0, 1000)
    return header + b"".join(records)


ROUND_TRIP = [
    name(1, "notes"), record(10, trace.RUN, process=1, thread=11, other=1),
    name(2, "store"), record(20, trace.CALL, process=1, thread=11, other=22, argument=7),
    record(20, trace.STOP, process=1, thread=11), record(20, trace.RUN, process=2, thread=22, other=1),
    record(25, trace.SIGNAL, process=2, thread=22, other=33, argument=4),
    record(30, trace.REPLY, process=2, thread=22, other=11), record(30, trace.STOP, process=2, thread=22),
    record(30, trace.RUN, process=1, thread=11, other=1), record(35, trace.STOP, process=1, thread=11),
    record(36, trace.INTERRUPT, hart=1, argument=9)]


def test_time_is_summed_for_who_pays():
    """The server's time is its caller's."""
    assert dict(trace.Trace(memory(ROUND_TRIP)).paid()) == {1: pytest.approx(0.025)}
    handed = ROUND_TRIP[:2] + [record(14, trace.RUN, process=1, thread=11, other=2)] + ROUND_TRIP[2:]
    assert dict(trace.Trace(memory(handed)).paid()) == {1: pytest.approx(0.019), 2: pytest.approx(0.006)}


def test_a_call_is_a_span_at_both_ends_with_an_arrow():
    """Milliseconds are ticks here; the arrow begins at the caller and ends at the server, with one number."""
    events = json.loads(trace.Timeline(trace.Trace(memory(ROUND_TRIP))).as_json())["traceEvents"]
    by_name = {event["name"]: event for event in events if event["ph"] == "X" and event["pid"] != trace.HARTS}
    call = by_name["call store"]
    assert (call["ts"], call["dur"], call["tid"]) == (10000, 10000, 11)
    assert (by_name["serve notes"]["pid"], by_name["serve notes"]["dur"]) == (2, 10000)
    start, finish = ([event for event in events if event["ph"] == phase] for phase in "sf")
    assert [event["id"] for event in start] == [event["id"] for event in finish] and len(start) == 1
    assert (start[0]["pid"], finish[0]["pid"], finish[0]["tid"]) == (1, 2, 22)
    assert [event["name"] for event in events if event["ph"] == "i"] == ["signal", "interrupt"]
    ran = [event for event in events if event["ph"] == "X" and event["pid"] == trace.HARTS]
    stretches = [(event["name"], event["dur"]) for event in ran]
    assert stretches == [("notes", 10000), ("store", 10000), ("notes", 5000)]


def test_a_queued_call_is_served_when_it_is_taken():
    """CALL without a server, SERVE later."""
    records = [record(1, trace.CALL, process=1, thread=11), record(5, trace.SERVE, process=2, thread=22, other=11),
               record(9, trace.REPLY, process=2, thread=22, other=11)]
    events = trace.Timeline(trace.Trace(memory(records))).events
    spans = {event["name"]: (event["ts"], event["dur"]) for event in events if event["ph"] == "X"}
    assert spans == {"call process 2": (0, 8000), "serve process 1": (4000, 4000)}


def test_an_overrun_ring_is_put_in_order():
    """Six records in a ring of four: the two oldest are gone and counted."""
    ring = [record(5, trace.CHORE), record(6, trace.CHORE), record(3, trace.CHORE), record(4, trace.CHORE)]
    read = trace.Trace(memory(ring, written=6, capacity=4))
    assert [row[0] for row in read.records] == [3, 4, 5, 6] and read.lost == 2


@pytest.mark.parametrize("data", [b"", b"x" * 31, memory([], magic=5), memory([], written=1), memory([], capacity=0),
                                  memory(ROUND_TRIP)[:-1]])
def test_what_is_no_trace_is_refused(data):
    """Cut short or something else."""
    with pytest.raises(ValueError):
        trace.Trace(data)


def test_any_records_make_a_timeline():
    """Answers without calls, stops without runs, kinds nobody knows, names that are no text."""
    odd = [record(i, kind, process=i % 3, thread=kind * i % 5, other=i % 4, argument=i << 56) for i in range(60)
           for kind in range(20)]
    assert trace.Timeline(trace.Trace(memory(odd, capacity=5000))).as_json()


def test_lines_are_decoded_and_damage_is_told():
    """As ~trace read prints them."""
    data = memory(ROUND_TRIP)
    lines = [base64.b64encode(data[at:at + 96]).decode() for at in range(0, len(data), 96)]
    assert trace.decode(lines) == data
    with pytest.raises(ValueError):
        trace.decode(["AA!A"])


def test_top_sorts_by_time_since_the_last_look():
    """A restarted service begins at 0 again."""
    head = "name state restarts cpu_ms kib handles exit"
    before = trace.table([head, "a running 0 100 10 5 0", "b running 0 500 10 5 0", "c running 1 900 10 5 0"])
    now = trace.table([head, "a running 0 900 11 6 0", "b running 0 500 10 5 0", "c running 2 400 10 5 -13"])
    lines = list(trace.top_screen(before, now, 2.0))
    assert [line.split() for line in lines[1:]] == [
        ["a", "running", "40.0", "11", "6", "0"], ["c", "running", "20.0", "10", "5", "2"],
        ["b", "running", "0.0", "10", "5", "0"]]

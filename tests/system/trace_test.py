# SPDX-License-Identifier: Apache-2.0
"""A traced device: what a typed line sets off is in the trace in order, and its times are those of ~ps."""
import sys

import pytest

from machine import ROOT, ConsoleError, Machine

sys.path[:0] = [str(ROOT / "tools" / name) for name in ("nx", "")]

import trace  # pylint: disable=wrong-import-position


@pytest.fixture(scope="module", name="device")
def device_fixture(tmp_path_factory):
    """One headless device."""
    with Machine(tmp_path_factory.mktemp("device")) as machine:
        yield machine


def recorded(device, work):
    """The trace of what `work` sets off."""
    device.ask("trace on")
    work()
    lines = device.ask("trace read")
    device.ask("trace off")
    return trace.Trace(trace.decode(lines))


def test_a_typed_line_goes_from_the_interrupt_to_its_answer(device):
    """Interrupt, the driver wakes, the console asks init, init answers: in this order, each with its call."""
    found = recorded(device, lambda: [device.ask("info") for _ in range(4)])
    kinds = iter([(kind, found.name(process)) for _, kind, _, _, process, *_ in found.records])
    for step in ((trace.INTERRUPT, "process 0"), (trace.RUN, "serial"),
                 (trace.RUN, "console"), (trace.CALL, "console"), (trace.RUN, "init"), (trace.REPLY, "init"),
                 (trace.RUN, "console"), (trace.CALL, "console"), (trace.RUN, "serial"), (trace.REPLY, "serial")):
        assert step in kinds, step  # the iterator goes on behind each: the order counts
    spans = {event["name"] for event in trace.Timeline(found).events if event["ph"] == "X"}
    assert {"call init", "serve console", "call serial"} <= spans
    ticks = [record[0] for record in found.records]
    assert ticks == sorted(ticks)


def asked_about(found, row):
    """When the console asked init for that row of ~ps, each time."""
    timeline = trace.Timeline(found)
    calls = [ticks for ticks, kind, _, _, process, _, other, argument in found.records
             if kind == trace.CALL and found.name(process) == "console" and argument & 0xFFFFFFFF == 1
             and found.name(timeline.threads.get(other)) == "init"]
    return calls[row::len(calls) // 2]


def both_times(device):
    """What the console caused between two looks, in milliseconds: as ~ps counts it, and from the trace."""
    looks = []

    def work():
        looks.append(trace.table(device.ask("ps")))
        for _ in range(30):
            device.ask("log 40")
        looks.append(trace.table(device.ask("ps")))

    found = recorded(device, work)
    assert found.lost == 0
    counted = int(looks[1]["console"][2]) - int(looks[0]["console"][2])
    first, last = asked_about(found, list(looks[0]).index("console"))
    paid = 0.0
    for start, end, payer in found.charges():
        if found.name(payer) == "console":
            paid += max(0, min(end, last) - max(start, first)) * 1000 / found.hertz
    return counted, paid


def test_times_are_those_of_ps(device):
    """Within 3 percent, in one of three tries: when the host stops the emulator between the two notes that the kernel
    takes of a switch, that time is one's in the trace and the other's in ~ps."""
    tries = [both_times(device) for _ in range(3)]
    assert all(counted > 20 for counted, _ in tries), tries
    assert any(abs(paid - counted) <= counted * 0.03 + 2 for counted, paid in tries), tries


def test_reading_ends_it_and_off_forgets_it(device):
    """Twice the same bytes; then nothing. The memory comes back."""
    before = int(device.info()["memory_free_kib"])
    device.ask("trace on")
    assert device.ask("trace read") == device.ask("trace read")
    device.ask("trace off")
    with pytest.raises(ConsoleError):
        device.ask("trace read")
    assert int(device.info()["memory_free_kib"]) >= before - 64

# SPDX-License-Identifier: Apache-2.0
"""Services and drivers die, come back, and whoever used them goes on."""
import sys

import pytest

from machine import ROOT, ConsoleError, Machine

sys.path[:0] = [str(ROOT / "tools" / name) for name in ("nx", "image")]

import crash  # pylint: disable=wrong-import-position
from elf import elf_functions  # pylint: disable=wrong-import-position


@pytest.fixture(scope="module", name="device")
def device_fixture(tmp_path_factory):
    """One headless device whose services are killed again and again."""
    with Machine(tmp_path_factory.mktemp("device")) as machine:
        yield machine


def kill(device, name):
    """Kills a service and waits until its next instance runs; what is killed may be the line itself."""
    before = device.services()[name][1]
    try:
        device.console.command(f"kill {name}", timeout=2)
    except ConsoleError:
        pass  # the answer went with the line
    device.wait_until(device.answers, "the console answers")
    device.wait_until(lambda: device.services()[name][:2] == ("running", before + 1),
                      f"{name} is back")


@pytest.mark.parametrize("name", ["serial", "console", "rtc", "bus", "block", "store"])
def test_a_killed_service_comes_back(device, name):
    """The console answers again and the new instance runs."""
    if name not in device.services():
        pytest.skip(f"{name} is not part of the form")
    kill(device, name)
    assert device.info()["form"] == "headless"


def test_the_reason_is_in_the_log(device):
    """What ended, how, and when it is started again."""
    kill(device, "rtc")
    assert any("init: rtc ended with -1; restart in " in line for line in device.ask("log 2000"))


def test_a_fault_is_told_with_its_callers_by_name(device):
    """Three functions deep, in order, with registers; the console is back and its log names them."""
    before = device.services()["console"][1]
    device.console.send("\x1d~fault\n")
    device.wait_until(device.answers, "the console answers")
    device.wait_until(lambda: device.services()["console"][1] == before + 1, "the console is back")
    path = ROOT / "build" / "riscv64" / "services" / "console" / "console"
    program = crash.Program(path, elf_functions(path.read_bytes()))
    lines = list(crash.explain(device.ask("log 2000"), lambda name: program if name == "console" else None))
    assert any("init: console registers: ra " in line for line in lines), lines
    frames = [line.split() for line in lines if line.startswith("    #")]
    names = [frame[1].partition("+")[0] for frame in frames]
    assert names[:4] == ["fault_innermost", "fault_middle", "fault_outermost", "cause_fault"], frames
    assert "main" in names, frames
    assert all(frame[2].startswith("services/console/main.c:") for frame in frames[:4]), frames


def test_restarts_are_spaced_but_never_given_up(device):
    """A service that ends again and again is still there in the end."""
    for _ in range(4):
        kill(device, "rtc")
    assert device.services()["rtc"][0] == "running"


def test_nothing_leaks_over_restarts(device):
    """Ten deaths later as much memory is free as before (within what a log line may cost)."""
    kill(device, "rtc")
    before = int(device.info()["memory_free_kib"])
    for _ in range(10):
        kill(device, "rtc")
    assert int(device.info()["memory_free_kib"]) >= before - 64

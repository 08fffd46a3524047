# SPDX-License-Identifier: Apache-2.0
"""Services and drivers die, come back, and whoever used them goes on."""
import pytest

from machine import ConsoleError, Machine


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

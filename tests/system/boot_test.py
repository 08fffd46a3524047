# SPDX-License-Identifier: Apache-2.0
"""What runs after boot, in which form, and what is said when it cannot."""
import tomllib

import pytest

from machine import ROOT, SECONDS, ConsoleError, Machine


@pytest.fixture(scope="module", name="device")
def device_fixture(tmp_path_factory):
    """One headless device in the 32 MiB it promises to need, for all tests that change nothing."""
    with Machine(tmp_path_factory.mktemp("device")) as machine:
        yield machine


def test_every_service_of_the_form_runs(device):
    """ps lists exactly the form's services, all running."""
    form = tomllib.loads((ROOT / "forms" / "headless.toml").read_text())["form"]
    device.wait_until(lambda: all(state == "running" for state, _, _ in device.services().values()),
                      "every service runs")
    assert set(device.services()) == set(form["services"])
    assert all(restarts == 0 for _, restarts, _ in device.services().values()), device.ask("log")


def test_info_tells_form_and_memory(device):
    """The facts of the device are there and make sense."""
    info = device.info()
    assert info["form"] == "headless" and info["developer"] == "1" and info["harts"] == "2"
    assert 24 * 1024 < int(info["memory_kib"]) <= 32 * 1024
    assert 0 < int(info["memory_free_kib"]) < int(info["memory_kib"])


def test_the_log_tells_why_this_form(device):
    """The first decision of init is in the log."""
    assert any("init: form: headless, as the boot argument says" in line
               for line in device.ask("log 2000"))


@pytest.mark.parametrize("command,status", [
    ("nonsense", "ERR_UNSUPPORTED"), ("kill", "ERR_INVALID"), ("kill nobody", "ERR_NOT_FOUND"),
    ("power sideways", "ERR_INVALID"), ("kill " + "x" * 100, "ERR_NOT_FOUND")])
def test_a_wrong_command_is_refused_by_name(device, command, status):
    """Refusals come with the error's name, and the console goes on."""
    with pytest.raises(ConsoleError, match=status):
        device.ask(command)
    assert device.info()["form"] == "headless"


def test_a_form_without_its_display_is_refused(tmp_path):
    """The message names what is missing, and headless runs instead."""
    with Machine(tmp_path, form="phone", memory_mib=128) as machine:
        assert machine.info()["form"] == "headless"
        assert any("form refused: phone needs a display and none was found; running headless" in line
                   for line in machine.ask("log 2000"))


def test_an_unknown_form_is_refused(tmp_path):
    """A misspelt form does not keep the device from starting."""
    with Machine(tmp_path, form="toaster") as machine:
        assert any("this image has no form called toaster" in line
                   for line in machine.ask("log 2000"))


def test_power_off_ends_the_machine(tmp_path):
    """The command is answered, and then the machine is off."""
    with Machine(tmp_path) as machine:
        assert machine.ask("power off") == []
        assert machine.process.wait(SECONDS) == 0

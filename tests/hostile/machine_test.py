# SPDX-License-Identifier: Apache-2.0
"""Machines that lack what a form needs, and an image that was damaged on its way: a device starts as far as it can, and
says what is missing."""
import shutil
from pathlib import Path

import pytest

from victim import IMAGE, UP_S, ConsoleError, Victim, alive, running, until


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A device's folder of its own."""
    monkeypatch.chdir(tmp_path)


def test_a_phone_without_a_display_is_a_headless_device():
    with running(without=["screen"], app=False) as device:
        assert "form refused: phone needs a display and none was found; running headless" in device.log()
        assert device.command("info")[0] and any("headless" in line for line in device.command("info"))


def test_a_phone_with_too_little_memory_is_a_headless_device():
    with running(memory_mib=48, app=False) as device:
        assert "form refused: phone needs 96 MiB of memory and this device has" in device.log()


def dies_saying(device, *words):
    """Starts a device that cannot run, and waits until its line has said why."""
    device.start()
    try:
        until(device, f"the line says {words}", lambda: all(word in device.transcript.text() for word in words), UP_S)
        with pytest.raises(ConsoleError):
            device.command("info", timeout=1)
    finally:
        device.kill()


def test_a_machine_too_small_for_any_form_says_so():
    dies_saying(Victim(memory_mib=24), "headless needs 24 MiB of memory and this device has")


def test_without_a_network_notes_are_written():
    with running(without=["network"]) as phone:
        assert phone.services()["netdev"][0] == "ended"
        alive(phone)


def test_without_randomness_no_key_is_made():
    with running(without=["entropy"]) as phone:
        until(phone, "it says so", lambda: "no source of randomness" in phone.texts())
        assert "keys: no identity yet" in phone.log() and "mesh: this device is" not in phone.log()
        assert all(restarts == 0 for _, restarts, _ in phone.services().values())
        phone.stop()
    with running() as phone:  # and what was made later is made well
        until(phone, "it has a name now", lambda: "mesh: this device is" in phone.log())
        alive(phone)


@pytest.mark.parametrize("place", [3, 9], ids=["magic", "size"])
def test_a_bundle_with_a_damaged_head_is_refused_in_words(place):
    image = Path("image")
    image.mkdir()
    shutil.copy(IMAGE / "Image", image)
    bundle = bytearray((IMAGE / "bundle.img").read_bytes())
    bundle[place] ^= 0x40
    (image / "bundle.img").write_bytes(bundle)
    dies_saying(Victim(image=image), "bundle")

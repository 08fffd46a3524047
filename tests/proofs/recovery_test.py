# SPDX-License-Identifier: Apache-2.0
"""Proof 2: a driver is killed again and again under a program that uses it through a service and compares every byte.
Block: values into the store and back. Net: a TCP stream to an echo and back. The program notices nothing; the driver
answers again within milliseconds of the device's own clock.

Time is counted instructions; where the disk is waited for, it is the host's. The twins must be noticed: a block driver
with mistakes in its code, and the network service, whose connections die with it.
"""
import os
import re

import pytest

from machine import listened_to
from own_image import BUILT, make_image, shipped_programs
from mutate import fault_file

LONG = "NX_LONG" in os.environ
KILLS = {"block": 5000 if LONG else 500, "netdev": 5000 if LONG else 100}
P99_US = 10_000
SECONDS = 3000 if LONG else 100
MADE = BUILT / "tests" / "proofs" / "recovery"
KILLER = re.compile(r"kill_\w+: kills (\d+) p50_us (\d+) p99_us (\d+) worst_us (\d+)")
# Who uses it, what that one reports, and what the form runs beside.
STREAM = ("stream", "store", re.compile(r"stream: values (\d+) failed (\d+)"), '"bus", "block", "store"')
WIRE = ("wire", "net", re.compile(r"wire: bytes (\d+) failed (\d+)"), '"bus", "entropy", "netdev", "net"')
DEVICES = ["-device", "virtio-blk-device,drive=disk", "-device", "virtio-rng-device",
           "-netdev", "user,id=net,restrict=on,guestfwd=tcp:10.0.2.100:7-cmd:cat",
           "-device", "virtio-net-device,netdev=net"]


def make_killed(folder, victim, user, mistakes):
    """An image with a user, and a victim that is started again at once, with so many mistakes in turn."""
    name, service, _, services = user
    manifests = {
        name: f'priority = 5\nmemory_kib = 256\n[grants]\n{service} = {{service = "{service}", restarted = 0}}\n',
        f"kill_{victim}": 'priority = 28\nmemory_kib = 256\n[grants]\ninit = {supervisor = true}\n'
                          f'victim = {{service = "{victim}", restarted = 0}}\n'}
    programs = []
    for program, text in manifests.items():
        (folder / f"{program}.toml").write_text(f'name = "{program}"\n{text}')
        programs.append((program, MADE / ("killer" if program.startswith("kill_") else program),
                         folder / f"{program}.toml"))
    _, elf, manifest = next(words for words in shipped_programs() if words[0] == victim)
    (folder / "victim.toml").write_text(manifest.read_text().replace("[grants]", 'restart = "faults"\n[grants]', 1))
    programs.append((victim, elf, folder / "victim.toml"))
    form = (f'[form]\nname = "headless"\nservices = ["serial", "console", {services}, "{name}", "kill_{victim}"]\n'
            'inputs = ["serial"]\noutputs = ["text"]\nmemory_min_mib = 64\n')
    make_image(folder, programs, form, [(f"{victim}.faults", fault_file(elf.read_bytes(), mistakes, 1)[0])])


def run_killed(folder, enough):
    """The console's text, until `enough` says so of it."""
    with open(folder / "disk.img", "wb") as disk:
        disk.truncate(64 << 20)
    arguments = ["-M", "virt", "-smp", "1", "-m", "128M", "-global", "virtio-mmio.force-legacy=false", "-nodefaults",
                 "-icount", "shift=3,sleep=on", "-kernel", str(folder / "Image"), "-initrd", str(folder / "bundle.img"),
                 "-append", "nexus.panic=poweroff nexus.form=headless",
                 "-drive", f"file={folder / 'disk.img'},format=raw,if=none,id=disk,cache=unsafe",
                 *DEVICES]
    text = ""
    with listened_to(arguments, SECONDS) as lines:
        for line in lines:
            text += line
            if enough(text):
                break
    return text


def last(pattern, text):
    """The numbers of the last line of that kind; zeros if there is none."""
    found = pattern.findall(text)
    return [int(number) for number in found[-1]] if found else [0] * pattern.groups


@pytest.mark.parametrize("victim, user, least", [("block", STREAM, 100), ("netdev", WIRE, 1 << 19)],
                         ids=["block", "net"])
def test_a_killed_driver_is_not_noticed(tmp_path, victim, user, least):
    """Everything is right, all along; p99 of a restart."""
    make_killed(tmp_path, victim, user, 0)
    text = run_killed(tmp_path, lambda text: last(KILLER, text)[0] >= KILLS[victim] and last(user[2], text)[0] >= least)
    kills, middle, p99, worst = last(KILLER, text)
    right, failed = last(user[2], text)
    print(f"restart in the device's time: half within {middle} us, p99 {p99} us, worst {worst} us")
    print(f"proof: recovery_{victim} seeds {kills} count {right} failures {failed}")
    assert kills >= KILLS[victim] and right >= least and failed == 0 and "PANIC" not in text, text[-3000:]
    assert p99 <= P99_US


@pytest.mark.parametrize("victim, user, mistakes", [("block", STREAM, 2000), ("net", WIRE, 0)], ids=["block", "net"])
def test_what_is_not_transparent_is_noticed(tmp_path, victim, user, mistakes):
    """Values that are wrong or refused, and connections that end, are counted."""
    make_killed(tmp_path, victim, user, mistakes)
    text = run_killed(tmp_path, lambda text: last(user[2], text)[1] > 0)
    assert last(user[2], text)[1] > 0, text[-3000:]

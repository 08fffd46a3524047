# SPDX-License-Identifier: Apache-2.0
"""Proof 2: the block driver is killed again and again while a program puts values into the store and compares what it
gets back. The program notices nothing; the driver answers again within milliseconds of the device's own clock.

Time is counted instructions; where the disk is waited for, it is the host's. The twin is a driver with mistakes in its
code: the same program must notice.
"""
import os
import re

import faults_test
from machine import listened_to
from own_image import BUILT, make_image, shipped_programs
from mutate import fault_file

LONG = "NX_LONG" in os.environ
KILLS = 5000 if LONG else 500
P99_US = 10_000
SECONDS = 3000 if LONG else 100
MADE = BUILT / "tests" / "proofs" / "recovery"
STREAM = re.compile(r"stream: values (\d+) failed (\d+)")
KILLER = re.compile(r"killer: kills (\d+) p50_us (\d+) p99_us (\d+) worst_us (\d+)")
FORM = faults_test.FORM.replace('"entropy", "netdev", "input", "prober"', '"store", "stream", "killer"')
MANIFESTS = {
    "stream": 'priority = 5\nmemory_kib = 256\n[grants]\nstore = {service = "store", restarted = 0}\n',
    "killer": 'priority = 28\nmemory_kib = 256\n[grants]\ninit = {supervisor = true}\n'
              'block = {service = "block", restarted = 0}\n'}


def make_killed(folder, mistakes):
    """An image with stream and killer, and a block driver that is started at once, with so many mistakes in turn."""
    programs = []
    for name, text in MANIFESTS.items():
        (folder / f"{name}.toml").write_text(f'name = "{name}"\n{text}')
        programs.append((name, MADE / name, folder / f"{name}.toml"))
    name, elf, manifest = next(words for words in shipped_programs() if words[0] == "block")
    (folder / "block.toml").write_text(manifest.read_text().replace("[grants]", 'restart = "faults"\n[grants]', 1))
    programs.append((name, elf, folder / "block.toml"))
    make_image(folder, programs, FORM, [("block.faults", fault_file(elf.read_bytes(), mistakes, 1)[0])])


def run_killed(folder, enough):
    """The console's text, until `enough` says so of it."""
    with open(folder / "disk.img", "wb") as disk:
        disk.truncate(64 << 20)
    arguments = ["-M", "virt", "-smp", "1", "-m", "128M", "-global", "virtio-mmio.force-legacy=false", "-nodefaults",
                 "-icount", "shift=3,sleep=on", "-kernel", str(folder / "Image"), "-initrd", str(folder / "bundle.img"),
                 "-append", "nexus.panic=poweroff nexus.form=headless",
                 "-drive", f"file={folder / 'disk.img'},format=raw,if=none,id=disk,cache=unsafe",
                 "-device", "virtio-blk-device,drive=disk"]
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


def test_a_killed_driver_is_not_noticed(tmp_path):
    """All values are right, all along; p99 of a restart."""
    make_killed(tmp_path, 0)
    text = run_killed(tmp_path, lambda text: last(KILLER, text)[0] >= KILLS)
    kills, middle, p99, worst = last(KILLER, text)
    values, failed = last(STREAM, text)
    print(f"restart in the device's time: half within {middle} us, p99 {p99} us, worst {worst} us; {values} values")
    print(f"proof: recovery_block seeds {kills} count {values} failures {failed}")
    assert kills >= KILLS and values >= 100 and failed == 0 and "PANIC" not in text, text[-3000:]
    assert p99 <= P99_US


def test_a_driver_with_mistakes_is_noticed(tmp_path):
    """Values that are wrong or refused are counted."""
    make_killed(tmp_path, 2000)
    text = run_killed(tmp_path, lambda text: last(STREAM, text)[1] > 0)
    assert last(STREAM, text)[1] > 0, text[-3000:]

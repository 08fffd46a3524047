# SPDX-License-Identifier: Apache-2.0
"""Proof 1: drivers run with mistakes in their code, and the system lives.

Each instance of four drivers (block, entropy, netdev, input) has one instruction of its text changed (mutate.py: eight
kinds, at the boundary of an instruction, by seed) before init starts it. A program uses it, three operations each,
kills it, and the next mistake's turn comes (faults/prober.c). The drivers may do what they like; the kernel must not
panic, the program must get on, and when the mistakes are used up every operation of the last instances must succeed
again. Twins that the same run must find: an init with a mistake, which is the kernel's panic, and a driver that nobody
restarts.
"""
import os
import re
import struct
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "system")]

from machine import listened_to  # pylint: disable=wrong-import-position
from own_image import BUILT, make_image, shipped_programs  # pylint: disable=wrong-import-position
from elf import elf_functions, elf_segments  # pylint: disable=wrong-import-position
from mutate import KINDS, fault_file, instructions  # pylint: disable=wrong-import-position

LONG = "NX_LONG" in os.environ
DRIVERS = ("block", "entropy", "netdev", "input")
FAULTS = 5000 if LONG else 400  # of each driver, a boot
BOOTS = 10 if LONG else 1
SECONDS = 3000 if LONG else 500  # a boot; the host may be busy
REPORT = re.compile(r"prober: (\w+) rounds (\d+) restarts (\d+) answered (\d+) of (\d+)")
OTHERS = re.compile(r"init: (\w+) (?:faulted|ended)")
FORM = """[form]
name = "headless"
services = ["serial", "console", "bus", "block", "entropy", "netdev", "input", "prober"]
scale_percent = 100
inputs = ["serial"]
outputs = ["text"]
memory_min_mib = 64
"""
PROBER = """name = "prober"
priority = 27
memory_kib = 2048
reserve_kib = 512
[grants]
init = {supervisor = true}
""" + "".join(f'{name} = {{service = "{name}", restarted = {bit}}}\n' for bit, name in enumerate(DRIVERS))


def make_faulty(folder, seed, count, alone=None, init=None):
    """An image whose drivers have mistakes; how many of each kind. In twins the driver `alone` is not restarted, and
    `init` is another."""
    programs, data, kinds = [("init", init, None)] if init else [], [], Counter()
    for place, (name, elf, manifest) in enumerate(shipped_programs()):
        if name in DRIVERS:
            changed = folder / f"{name}.toml"
            restart = "never" if name == alone else "faults"
            changed.write_text(manifest.read_text().replace("[grants]", f'restart = "{restart}"\n[grants]', 1))
            content, made = fault_file(elf.read_bytes(), count, seed * 100 + place)
            programs.append((name, elf, changed))
            data.append((f"{name}.faults", content))
            kinds += made
    (folder / "prober.toml").write_text(PROBER)
    programs.append(("prober", BUILT / "tests" / "proofs" / "faults" / "prober", folder / "prober.toml"))
    make_image(folder, programs, FORM, data)
    return kinds


def run_faulty(folder, count, drivers=DRIVERS):
    """(text of the console, last report of each driver): until those have used up their mistakes and are well."""
    with open(folder / "disk.img", "wb") as disk:
        disk.truncate(1 << 20)
    arguments = ["-M", "virt", "-smp", "2", "-m", "384M", "-global", "virtio-mmio.force-legacy=false", "-nodefaults",
                 "-kernel", str(folder / "Image"), "-initrd", str(folder / "bundle.img"),
                 "-append", "nexus.panic=poweroff nexus.form=headless",
                 "-drive", f"file={folder / 'disk.img'},format=raw,if=none,id=disk,cache=unsafe",
                 "-device", "virtio-blk-device,drive=disk", "-device", "virtio-rng-device",
                 "-netdev", "user,id=net,restrict=on", "-device", "virtio-net-device,netdev=net",
                 "-device", "virtio-keyboard-device"]
    text, last = "", {}
    with listened_to(arguments, SECONDS) as lines:
        for line in lines:
            text += line
            if found := REPORT.search(line):
                last[found[1]] = tuple(int(number) for number in found.groups()[1:])
                if all(name in last and is_well(last[name], count) for name in drivers):
                    break
    return text, last


def is_well(report, count):
    """Its mistakes are used up, and all operations of a whole report succeeded."""
    _, restarts, answered, asked = report
    return restarts > count and answered == asked


def judge(text, last, count):
    """(mistakes that ran, panics, drivers that were not well in the end)."""
    ran = sum(min(report[1], count) for report in last.values())
    hung = [name for name in DRIVERS if name not in last or not is_well(last[name], count)]
    return ran, len(re.findall("PANIC", text)), hung


@pytest.mark.parametrize("boot", range(BOOTS))
def test_no_mistake_of_a_driver_hurts_the_kernel(tmp_path, boot):
    """All kinds of mistakes; the drivers come back from each."""
    kinds = make_faulty(tmp_path, boot, FAULTS)
    assert len(kinds) == len(KINDS) and min(kinds.values()) > FAULTS * len(DRIVERS) / len(KINDS) / 2, kinds
    text, last = run_faulty(tmp_path, FAULTS)
    (tmp_path / "console.log").write_text(text)
    ran, panics, hung = judge(text, last, FAULTS)
    ends = Counter(OTHERS.findall(text))
    failed = sum(int(asked) - int(answered) for *_, answered, asked in REPORT.findall(text))
    faulted = len(re.findall("init: .* faulted", text))
    print(f"ends: {dict(ends)}, by a fault {faulted}; operations that failed: {failed}")
    print(f"proof: driver_faults seeds {ran} count {ran * 3} failures {panics + len(hung)}")
    assert panics == 0 and not hung, (last, text[-3000:])
    assert ran == FAULTS * len(DRIVERS)


def broken(elf, function):
    """A program one of whose functions begins with what is no instruction."""
    data = bytearray(elf)
    address = next(start for start, _, name in elf_functions(elf) if name == function)
    table, count = struct.unpack_from("<Q", elf, 32)[0], struct.unpack_from("<H", elf, 56)[0]
    for header in (struct.unpack_from("<IIQQQQQQ", elf, table + 56 * i) for i in range(count)):
        if header[0] == 1 and header[3] <= address < header[3] + header[5]:
            at = header[2] + address - header[3]
            data[at:at + 4] = bytes(4)
    return bytes(data)


def test_finds_a_panic(tmp_path):
    """init falls over the first driver that ends, and the kernel says that nobody is left."""
    (tmp_path / "broken").write_bytes(broken((BUILT / "services" / "init" / "init").read_bytes(), "supervisor_check"))
    make_faulty(tmp_path, 0, 20, init=tmp_path / "broken")
    text, last = run_faulty(tmp_path, 20)
    assert judge(text, last, 20)[1] > 0, text[-3000:]


def test_finds_a_driver_that_does_not_come_back(tmp_path):
    """One that nobody starts again; the others are well."""
    make_faulty(tmp_path, 0, 20, alone="block")
    text, last = run_faulty(tmp_path, 20, [name for name in DRIVERS if name != "block"])
    assert judge(text, last, 20)[1:] == (0, ["block"]), text[-3000:]


def test_instructions_begin_where_the_disassembler_says():
    """Every boundary, in all four drivers."""
    for name, elf, _ in shipped_programs():
        if name not in DRIVERS:
            continue
        done = subprocess.run(["riscv64-unknown-elf-objdump", "-d", "--no-show-raw-insn", str(elf)], check=True,
                              capture_output=True, text=True)
        theirs = {int(address, 16) for address in re.findall(r"^\s*([0-9a-f]+):\t", done.stdout, re.M)}
        data = elf.read_bytes()
        base, text = next((part["address"], part["bytes"]) for part in elf_segments(data)[1] if part["protect"] & 4)
        ours = {base + at for start, size, _ in elf_functions(data) if base <= start <= base + len(text) - size
                for at, _, _ in instructions(text, start - base, size)}
        assert len(ours) > 1000 and ours <= theirs, sorted(ours - theirs)[:8]

# SPDX-License-Identifier: Apache-2.0
"""Where programs stand is new for each instance (docs/decisions/0045-layout.md): as the crashes of one show, whose
places of code are still told as the build knows them. The firmware's seed decides: the same one gives the same."""
import re
import sys
import time

import pytest

from machine import ROOT, Machine

sys.path[:0] = [str(ROOT / "tools" / "image")]

from elf import elf_functions  # pylint: disable=wrong-import-position

CRASHES = 4
BLOCK = 2 << 20  # what one page table spans
REGISTERS = re.compile(r"init: console registers: ([^\r\n]*)")
PLACE = re.compile(r"init: console faulted: cause 13 at pc 0x([0-9a-f]+), address 0x8")


def log(machine):
    """All of it."""
    return "\n".join(machine.ask("log 500"))


def crash(machine, number):
    """The console faults; its registers by name, and the pc that is told."""
    def told():
        machine.console.send("\x1d~fault\n")  # again if it is not told: a console that begins may miss a line
        time.sleep(1)
        return machine.answers() and len(PLACE.findall(log(machine))) > number

    machine.wait_until(told, "the fault is told")
    words = " ".join(REGISTERS.findall(log(machine))[6 * number:6 * number + 6]).split()
    return ({name: int(value, 16) for name, value in zip(words[::2], words[1::2])},
            PLACE.findall(log(machine))[number])


def crashes(folder, seed):
    """Those of one device."""
    with Machine(folder, devices=["-seed", str(seed)]) as machine:
        return [crash(machine, number) for number in range(CRASHES)]


@pytest.fixture(scope="module", name="seen")
def seen_fixture(tmp_path_factory):
    """Of two devices with another seed each."""
    return [crashes(tmp_path_factory.mktemp("device"), seed) for seed in (1, 2)]


def test_code_and_stack_stand_elsewhere_each_time(seen):
    """In eight instances: data (gp) and stack (sp) of each in a block of its own, and not at a fixed distance."""
    found = [registers for device in seen for registers, _ in device]
    for name in ("gp", "sp"):
        assert len({registers[name] // BLOCK for registers in found}) == len(found), (name, found)
    assert len({registers["sp"] - registers["gp"] for registers in found}) == len(found)


def test_places_of_code_are_told_as_linked(seen):
    """The pc is the same each time, in the function that the build has there."""
    places = {int(place, 16) for device in seen for _, place in device}
    assert len(places) == 1
    functions = elf_functions((ROOT / "build" / "riscv64" / "services" / "console" / "console").read_bytes())
    place = places.pop()
    assert [name for start, size, name in functions if start <= place < start + size] == ["fault_innermost"]


def test_a_seed_gives_the_same_again(seen, tmp_path):
    """So counted numbers repeat. (The first crash: what the network does may come between two starts.)"""
    again = crashes(tmp_path, 1)
    assert again[0][0]["gp"] == seen[0][0][0]["gp"]

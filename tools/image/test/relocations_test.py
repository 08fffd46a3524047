# SPDX-License-Identifier: Apache-2.0
"""Which words of a program hold addresses, from what the real linker leaves; and what cannot be moved."""
import struct
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tools" / "image")]

from elf import ImageError, elf_relocations, elf_segments  # pylint: disable=wrong-import-position

SOURCE = """
extern void nobody(void) __attribute__((weak));
int value = 5;
static const char *const names[] = {"one", "two"};
int *pointer = &value;
long number = 7;
void _start(void) { if (nobody) nobody(); pointer[0] = names[value & 1][0] + (int)number; }
"""


def link(folder, *flags, model="medany"):
    """The program's bytes."""
    (folder / "a.c").write_text(SOURCE)
    subprocess.run(["riscv64-unknown-elf-gcc", "-march=rv64gc", "-mabi=lp64d", f"-mcmodel={model}", "-fno-pic", "-O1",
                    "-nostdlib", "-static", f"-Wl,-T,{ROOT / 'lib' / 'os' / 'device' / 'program.ld'}", *flags,
                    folder / "a.c", "-o", folder / "a.elf"], check=True)
    return (folder / "a.elf").read_bytes()


def test_words_with_addresses_are_found(tmp_path):
    """Two names and a pointer, each a word that holds an address of the program; the number is none."""
    data = link(tmp_path, "-Wl,--emit-relocs")
    places = elf_relocations(data)
    entry, segments = elf_segments(data)
    low, high = segments[0]["address"], segments[-1]["address"] + segments[-1]["memory_bytes"]
    assert len(places) == 3 and places == sorted(places) and low <= entry < high
    for place in places:
        part = next(s for s in segments if s["address"] <= place < s["address"] + len(s["bytes"]))
        assert low <= struct.unpack_from("<Q", part["bytes"], place - part["address"])[0] < high


def test_a_link_without_relocations_stays_where_it_is(tmp_path):
    """None is no empty list."""
    assert elf_relocations(link(tmp_path)) is None


def test_absolute_code_is_refused(tmp_path):
    """The other code model names its data by number."""
    with pytest.raises(ImageError, match="cannot be moved: compile with -mcmodel=medany"):
        elf_relocations(link(tmp_path, "-Wl,--emit-relocs", "-mno-relax", model="medlow"))

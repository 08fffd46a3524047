# SPDX-License-Identifier: Apache-2.0
"""Crash reports are named from a program's symbols, and whatever is odd about them stays a bare address."""
import struct
import sys
from pathlib import Path

NX = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(NX), str(NX.parent / "image")]

import crash  # noqa: E402
from elf import elf_functions  # noqa: E402

FUNCTIONS = [("outer", 0x10100, 0x40), ("inner", 0x10000, 0x20), ("leaf", 0x10020, 0x10)]
FAULT = "[   1.000] init: store faulted: cause 13 at pc 0x{pc:x}, address 0x8; restart in 0 ms"
REGISTERS = "[   1.000] init: store registers: ra {ra:x} sp 3fff0"
CALLERS = "[   1.001] init: store called from: {:x} {:x}"


def make_elf(functions=tuple(FUNCTIONS)):
    """An ELF file that is only a symbol table: the functions, and an object among them."""
    names, symbols = b"\0", bytes(24)
    for name, address, size in functions:
        symbols += struct.pack("<IBBHQQ", len(names), 0x12, 0, 1, address, size)
        names += name.encode() + b"\0"
    symbols += struct.pack("<IBBHQQ", 1, 0x11, 0, 1, 0x10200, 8)
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 2, 243, 1, 0, 0, 64, 0, 64, 56, 0, 64, 3, 0)
    start = 64 + 3 * 64
    sections = bytes(64) + struct.pack("<IIQQQQIIQQ", 0, 2, 0, 0, start, len(symbols), 2, 0, 8, 24)
    sections += struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, start + len(symbols), len(names), 0, 0, 1, 0)
    return header + sections + symbols + names


def explained(lines, data=make_elf()):
    """What is added to the lines."""
    program = crash.Program(None, elf_functions(data))
    program.lines = lambda addresses: [""] * len(addresses)
    said = list(crash.explain(lines, lambda name: program if name == "store" else None))
    assert [line for line in said if not line.startswith("    #")] == lines
    return [line.split()[1] for line in said if line.startswith("    #")]


def test_functions_come_by_address_without_objects():
    """Only what is code."""
    assert elf_functions(make_elf()) == [(0x10000, 0x20, "inner"), (0x10020, 0x10, "leaf"), (0x10100, 0x40, "outer")]


def test_a_damaged_file_has_no_functions():
    """Every prefix, and bytes changed anywhere, end in a list."""
    whole = make_elf()
    for size in range(len(whole)):
        assert isinstance(elf_functions(whole[:size]), list)
        odd = bytearray(whole)
        odd[size] ^= 0xFF
        assert isinstance(elf_functions(bytes(odd)), list)


def test_frames_are_named_innermost_first():
    """A leaf's caller comes from ra, the others from the stack."""
    lines = ["before", FAULT.format(pc=0x10024), REGISTERS.format(ra=0x10010),
             CALLERS.format(0x10140, 0x10104), "after"]
    assert explained(lines) == ["leaf+0x4", "inner+0x10", "outer+0x40", "outer+0x4"]
    assert explained(lines[:-1]) == ["leaf+0x4", "inner+0x10", "outer+0x40", "outer+0x4"]


def test_ra_is_left_out_where_it_is_stale_or_stored():
    """Of the function's own last call, or on the stack already."""
    assert explained([FAULT.format(pc=0x10110), REGISTERS.format(ra=0x10120)]) == ["outer+0x10"]
    assert explained([FAULT.format(pc=0x10024), REGISTERS.format(ra=0x10010), CALLERS.format(0x10010, 0x10104)]) == [
        "leaf+0x4", "inner+0x10", "outer+0x4"]


def test_a_jump_to_nowhere_is_told_by_its_caller():
    """pc is no function: ra names who jumped."""
    assert explained([FAULT.format(pc=0), REGISTERS.format(ra=0x10010)]) == ["0x0", "inner+0x10"]


def test_what_is_unknown_stays_an_address():
    """Another program, other addresses, lines cut short, a second fault at once."""
    assert explained([FAULT.format(pc=0x99), CALLERS.format(0x10fff, 0)]) == ["0x99", "0x10fff", "0x0"]
    assert explained([FAULT.format(pc=0x10024).replace("store", "stage")]) == ["0x10024"]
    cut = ["init: store registers: ra", "init: store called from: zz"]
    assert explained([FAULT.format(pc=0x10000)] + cut) == ["inner+0x0"]
    assert explained([FAULT.format(pc=0x10000)] * 2) == ["inner+0x0"] * 2
    assert explained(["init: store called from: 10000"]) == []

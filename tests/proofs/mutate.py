# SPDX-License-Identifier: Apache-2.0
"""Mistakes in compiled code: one instruction of a program changed, by seed, in one of eight ways.

The boundaries of instructions are found as the processor finds them: from a function's beginning on, two bytes or four.
What comes out is a page of text with the mistake in it, for init to map in place of the right one (abi/plan.h).
"""
import random
import struct
from collections import Counter

from elf import PAGE, PROTECT_EXECUTE, elf_functions, elf_segments

MAGIC = 0x31544C5541464E58  # "XNFAULT1"
NOP, SHORT_NOP = 0x00000013, 0x0001
LOAD, STORE, BRANCH, IMMEDIATE, IMMEDIATE_32, REGISTERS, REGISTERS_32 = 0x03, 0x23, 0x63, 0x13, 0x1B, 0x33, 0x3B
UPPER, UPPER_PC, JUMP, JUMP_REGISTER = 0x37, 0x17, 0x6F, 0x67
WITH_RD = {LOAD, IMMEDIATE, IMMEDIATE_32, REGISTERS, REGISTERS_32, UPPER, UPPER_PC, JUMP, JUMP_REGISTER}
WITH_RS1 = {LOAD, STORE, BRANCH, IMMEDIATE, IMMEDIATE_32, REGISTERS, REGISTERS_32, JUMP_REGISTER}
WITH_RS2 = {STORE, BRANCH, REGISTERS, REGISTERS_32}
ARGUMENTS = range(10, 18)


def instructions(text, start, size):
    """(offset, bytes, code) of each whole instruction of a function."""
    at = start
    while at + 2 <= start + size:
        short = int.from_bytes(text[at:at + 2], "little")
        length = 2 if short & 3 != 3 else 4
        if at + length > start + size:
            return
        yield at, length, int.from_bytes(text[at:at + length], "little")
        at += length


def short_form(code):
    """(quadrant, funct3) of a compressed instruction."""
    return code & 3, code >> 13


def field(code, low, width, draw):
    """The code with another value in a field."""
    mask = (1 << width) - 1
    was = code >> low & mask
    return code & ~(mask << low) | (was + draw.randint(1, mask)) % (mask + 1) << low


def source(code, length, draw):
    """Another source register."""
    if length == 4:
        places = [15] * (code & 0x7F in WITH_RS1) + [20] * (code & 0x7F in WITH_RS2)
        return field(code, draw.choice(places), 5, draw) if places else None
    form = short_form(code)
    if form == (2, 4) and code >> 2 & 31:
        return field(code, 2, 5, draw)  # c.mv, c.add
    return field(code, 2, 3, draw) if form in ((0, 6), (0, 7)) or (form == (1, 4) and code >> 10 & 3 == 3) else None


def destination(code, length, draw):
    """Another destination register."""
    if length == 4:
        return field(code, 7, 5, draw) if code & 0x7F in WITH_RD else None
    form = short_form(code)
    if form in ((1, 1), (1, 2), (2, 2), (2, 3)) or (form == (2, 4) and code >> 2 & 31):
        return field(code, 7, 5, draw)
    return field(code, 2, 3, draw) if form in ((0, 0), (0, 2), (0, 3)) else None


def pointer(code, length, draw):
    """A load or store through another register."""
    if length == 4:
        return field(code, 15, 5, draw) if code & 0x7F in (LOAD, STORE) else None
    return field(code, 7, 3, draw) if short_form(code) in ((0, 2), (0, 3), (0, 6), (0, 7)) else None


def stale_argument(code, length, _):
    """An argument register keeps what it had."""
    if length == 4:
        return NOP if code & 0x7F in WITH_RD - {JUMP, JUMP_REGISTER} and code >> 7 & 31 in ARGUMENTS else None
    form = short_form(code)
    moves = form in ((1, 1), (1, 2), (2, 2), (2, 3)) or (form == (2, 4) and code >> 2 & 31)
    return SHORT_NOP if moves and code >> 7 & 31 in ARGUMENTS else None


def inverted_branch(code, length, _):
    """Taken when it should not be."""
    if length == 4:
        return code ^ 1 << 12 if code & 0x7F == BRANCH else None
    return code ^ 1 << 13 if short_form(code) in ((1, 6), (1, 7)) else None


def bit_flip(code, length, draw):
    """Any bit."""
    return code ^ 1 << draw.randrange(8 * length)


def dropped(_, length, __):
    """Not there."""
    return NOP if length == 4 else SHORT_NOP


def off_by_one(code, length, draw):
    """A number one too large or too small."""
    if length == 4:
        if code & 0x7F not in (LOAD, IMMEDIATE, IMMEDIATE_32) or (code & 0x7F != LOAD and code >> 12 & 3 == 1):
            return None  # shifts have other bits there
        return code & 0xFFFFF | ((code >> 20) + draw.choice((1, -1)) & 0xFFF) << 20
    if short_form(code) not in ((1, 0), (1, 1), (1, 2)) or not code >> 7 & 31:
        return None
    return code & ~0x7C | ((code >> 2 & 31) + draw.choice((1, -1)) & 31) << 2


KINDS = (source, destination, pointer, stale_argument, inverted_branch, bit_flip, dropped, off_by_one)


def mistakes(elf, count, seed):
    """`count` of (address of a page, its bytes with a mistake, what kind), the same for the same seed."""
    draw = random.Random(seed)
    text = next(part for part in elf_segments(elf)[1] if part["protect"] & PROTECT_EXECUTE)
    whole = text["bytes"].ljust(-(-len(text["bytes"]) // PAGE) * PAGE, b"\0")
    places = [place for start, size, _ in elf_functions(elf)
              if text["address"] <= start and start + size <= text["address"] + len(text["bytes"])
              for place in instructions(whole, start - text["address"], size)]
    for _ in range(count):
        kind, changed = draw.choice(KINDS), None
        while changed is None or changed == code or at // PAGE != (at + length - 1) // PAGE:
            at, length, code = draw.choice(places)
            changed = kind(code, length, draw)
        first = at // PAGE * PAGE
        page = bytearray(whole[first:first + PAGE])
        page[at - first:at - first + length] = changed.to_bytes(length, "little")
        yield text["address"] + first, bytes(page), kind.__name__


def fault_file(elf, count, seed):
    """(the data file that init takes mistakes from, how many there are of each kind)."""
    made = list(mistakes(elf, count, seed))
    table = struct.pack("<QQ", MAGIC, count) + b"".join(struct.pack("<Q", address) for address, _, _ in made)
    padded = table.ljust(-(-len(table) // PAGE) * PAGE, b"\0")
    return padded + b"".join(page for _, page, _ in made), Counter(kind for _, _, kind in made)

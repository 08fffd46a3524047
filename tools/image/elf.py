# SPDX-License-Identifier: Apache-2.0
"""Read the loadable segments of a static RISC-V program, refusing what the device could not map; and its functions.

Each segment comes out page aligned, with its protection as abi/syscall.h numbers it. Two segments
on one page, or one that is writable and executable, are errors of the link, found here and not at
boot.
"""
import struct

PAGE = 4096
PROTECT_READ, PROTECT_WRITE, PROTECT_EXECUTE = 1, 2, 4
SHT_SYMTAB, SHT_RELA, STT_FUNC, SHF_ALLOC, SHF_EXECINSTR = 2, 4, 2, 2, 4
SHN_UNDEF, SHN_ABS = 0, 0xFFF1
R_64 = 2
# Differences, places relative to pc, to gp or to tp, and hints: the same wherever the program stands.
PCREL_HI20 = 23
RELATIVE = ({0, 43, 44, 45} | set(range(16, 20)) | set(range(PCREL_HI20, 26)) | set(range(29, 41))
            | set(range(47, 58)))
PT_LOAD, ET_EXEC, EM_RISCV = 1, 2, 243
SEGMENTS_MAX = 6


class ImageError(Exception):
    """What cannot go into an image, in one line."""


def page_down(value):
    """The start of the page that holds value."""
    return value & ~(PAGE - 1)


def page_up(value):
    """The end of the last page below value."""
    return page_down(value + PAGE - 1)


def segment(data, header):
    """One loadable program header as a page-aligned segment."""
    _, flags, offset, address, _, file_bytes, memory_bytes, _ = header
    if offset + file_bytes > len(data) or file_bytes > memory_bytes:
        raise ImageError("a segment lies outside the file")
    lead = address - page_down(address)
    protect = ((flags & 4) and PROTECT_READ) | ((flags & 2) and PROTECT_WRITE) | (
        (flags & 1) and PROTECT_EXECUTE)
    if protect & PROTECT_WRITE and protect & PROTECT_EXECUTE:
        raise ImageError("a segment is writable and executable: separate .text and .data")
    return {"address": address - lead, "protect": protect, "memory_bytes": memory_bytes + lead,
            "bytes": bytes(lead) + data[offset:offset + file_bytes] if file_bytes else b""}


def elf_segments(data):
    """Return (entry, segments) of a static program; raises ImageError."""
    if len(data) < 64 or data[:7] != b"\x7fELF\x02\x01\x01":
        raise ImageError("not a 64-bit little-endian ELF file")
    kind, machine, _, entry, table, _, _, _, size, count = struct.unpack_from("<HHIQQQIHHH", data,
                                                                              16)
    if kind != ET_EXEC or machine != EM_RISCV:
        raise ImageError("not a static RISC-V program")
    if size != 56 or table + size * count > len(data):
        raise ImageError("its program headers lie outside the file")
    headers = [struct.unpack_from("<IIQQQQQQ", data, table + size * i) for i in range(count)]
    segments = [segment(data, header) for header in headers if header[0] == PT_LOAD and header[6]]
    if not 1 <= len(segments) <= SEGMENTS_MAX:
        raise ImageError(f"{len(segments)} segments; 1 to {SEGMENTS_MAX} are possible")
    segments.sort(key=lambda part: part["address"])
    for low, high in zip(segments, segments[1:]):
        if page_up(low["address"] + low["memory_bytes"]) > high["address"]:
            raise ImageError("two segments share a page: align them in the linker script")
    if not any(part["address"] <= entry < part["address"] + part["memory_bytes"]
               and part["protect"] & PROTECT_EXECUTE for part in segments):
        raise ImageError("its entry lies in no executable segment")
    return entry, segments


def _sections(data):
    table, size, count = struct.unpack_from("<Q", data, 40) + struct.unpack_from("<HH", data, 58)
    return [struct.unpack_from("<IIQQQQIIQQ", data, table + size * i) for i in range(count)]


def elf_relocations(data):
    """The addresses of the words that hold absolute addresses, in order; None if the link did not keep its
    relocations, so that the program stands where it was linked. ImageError names what cannot be moved."""
    sections = _sections(data)
    found, kept = set(), False
    for section in sections:
        target = sections[section[7]] if section[1] == SHT_RELA else None
        if target is None or not target[2] & SHF_ALLOC:
            continue
        kept = True
        symbols = sections[section[6]]
        for at in range(section[4], section[4] + section[5], 24):
            address, info = struct.unpack_from("<QQ", data, at)
            kind, place = info & 0xFFFFFFFF, symbols[4] + 24 * (info >> 32)
            fixed = struct.unpack_from("<H", data, place + 6)[0] in (SHN_UNDEF, SHN_ABS)
            if kind == R_64 and not fixed:
                if target[2] & SHF_EXECINSTR or address % 8:
                    raise ImageError(f"an address at {address:#x} cannot be moved: it is in text or off its word")
                found.add(address)
            elif kind == PCREL_HI20 if fixed else kind not in RELATIVE:
                raise ImageError(f"relocation {kind} at {address:#x} cannot be moved: compile with -mcmodel=medany")
    return sorted(found) if kept else None


def elf_functions(data):
    """(address, size, name) of every function in the symbol table, by address; none if it has none or is damaged."""
    try:
        return sorted(_functions(data))
    except (struct.error, IndexError, ValueError, OverflowError):
        return []


def _functions(data):
    if data[:7] != b"\x7fELF\x02\x01\x01":
        return
    sections = _sections(data)
    for section in sections:
        if section[1] != SHT_SYMTAB:
            continue
        start, length, strings = section[4], section[5], sections[section[6]]
        names = data[strings[4]:strings[4] + strings[5]]
        for at in range(start, start + length, 24):
            name, info, _, _, value, extent = struct.unpack_from("<IBBHQQ", data, at)
            if info & 15 == STT_FUNC and extent:
                yield value, extent, names[name:names.index(b"\0", name)].decode()

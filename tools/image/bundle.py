#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make the boot bundle of abi/bundle.h: programs, the plan of all forms, and data files.

  bundle.py --out FILE [--developer] --program NAME ELF [MANIFEST] … --data NAME FILE …
            --form FILE …

The same inputs give the same bytes wherever and whenever they are built: nothing of the time, the
machine or the order of arguments gets in. The program called `init` is entry 0.
"""
import argparse
import hashlib
import struct
import sys
import tomllib
from pathlib import Path

from elf import PAGE, SEGMENTS_MAX, ImageError, elf_relocations, elf_segments, page_up
from plan import compile_plan

MAGIC, PROGRAM_MAGIC = 0x31444E4255534E58, 0x474F5250
PROGRAM, DATA, PLAN = 1, 2, 3
NAME_MAX, ENTRIES_MAX, HEADER_BYTES, ENTRY_BYTES = 32, 128, 64, 64
STACK_KIB = 64


def program_file(elf, stack_bytes, base):
    """A program's header and segments, for a file that starts at `base` in the bundle."""
    entry, segments = elf_segments(elf)
    header = struct.pack("<IIQQ", PROGRAM_MAGIC, len(segments), entry, stack_bytes)
    body, table = b"", b""
    for part in segments:
        offset = base + PAGE + len(body) if part["bytes"] else 0
        table += struct.pack("<QQQQII", part["address"], offset, len(part["bytes"]),
                             part["memory_bytes"], part["protect"], 0)
        body += part["bytes"].ljust(page_up(len(part["bytes"])), b"\0")
    relocations = elf_relocations(elf)
    words = [address - segments[0]["address"] for address in relocations or []]
    places = struct.pack("<QQ", base + PAGE + len(body) if relocations is not None else 0, len(words))
    return ((header + table.ljust(SEGMENTS_MAX * 40, b"\0") + places).ljust(PAGE, b"\0") + body
            + struct.pack(f"<{len(words)}I", *words))


def build_bundle(entries):
    """The bundle's bytes; `entries` is (name, kind, function from base to bytes)."""
    if len(entries) > ENTRIES_MAX or len({entry[0] for entry in entries}) < len(entries):
        raise ImageError(f"more than {ENTRIES_MAX} files in the bundle, or two of one name")
    start = page_up(HEADER_BYTES + ENTRY_BYTES * len(entries))
    table, body = b"", b""
    for name, kind, make in entries:
        data = make(start + len(body))
        if not 0 < len(name.encode()) < NAME_MAX:
            raise ImageError(f"the name `{name}` must have 1 to {NAME_MAX - 1} bytes")
        table += struct.pack("<32sIIQQQ", name.encode(), kind, 0, start + len(body), len(data), 0)
        body += data.ljust(page_up(len(data)), b"\0")
    rest = table.ljust(start - HEADER_BYTES, b"\0") + body
    return struct.pack("<QQII32s8x", MAGIC, HEADER_BYTES + len(rest), len(entries), 0,
                       hashlib.sha256(rest).digest()) + rest


def program_entry(name, elf, manifest):
    """The entry of one program; trouble names the program."""
    stack_kib = STACK_KIB
    if manifest:
        stack_kib = tomllib.loads(manifest.read_text(encoding="utf-8")).get("stack_kib", STACK_KIB)

    def make(base):
        try:
            return program_file(elf.read_bytes(), stack_kib * 1024, base)
        except ImageError as error:
            raise ImageError(f"{name}: {error}") from error
    return (name, PROGRAM, make)


def collect(options):
    """All entries of the bundle: init, the other programs by name, the plan, data by name."""
    programs = []
    for words in options.program:
        if len(words) not in (2, 3):
            raise ImageError("--program takes NAME ELF and, if it is a service, MANIFEST")
        programs.append((words[0], Path(words[1]), Path(words[2]) if len(words) == 3 else None))
    if "init" not in {name for name, _, _ in programs}:
        raise ImageError("no program is called `init`")
    programs.sort(key=lambda program: (program[0] != "init", program[0]))
    manifests = [(name, manifest) for name, _, manifest in programs if manifest]
    files = {name: Path(path).read_bytes() for name, path in options.data}
    plan = compile_plan(manifests, options.form, files, int(options.developer))
    return ([program_entry(*program) for program in programs]
            + [("plan", PLAN, lambda base: plan)]
            + [(name, DATA, lambda base, data=files[name]: data) for name in sorted(files)])


def main():
    """Write the bundle; trouble is one line and status 1."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--developer", action="store_true")
    parser.add_argument("--program", nargs="+", action="append", default=[])
    parser.add_argument("--data", nargs=2, action="append", default=[])
    parser.add_argument("--form", action="append", default=[])
    options = parser.parse_args()
    try:
        options.out.write_bytes(build_bundle(collect(options)))
    except (ImageError, OSError) as error:
        print(f"error: image: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

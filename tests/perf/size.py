# SPDX-License-Identifier: Apache-2.0
"""Bench area `size`: what a device boots from, and the code of its largest programs."""
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "riscv64"
IMAGE = BUILT / "tools" / "image"
PROGRAMS_SHOWN = 10


def programs():
    """(bytes of text, name) of every program, largest first; constants count as text."""
    files = [path for folder in ("services", "drivers", "apps") for path in sorted((BUILT / folder).rglob("*"))
             if path.is_file() and not path.suffix and path.read_bytes()[:4] == b"\x7fELF"]
    table = subprocess.run(["riscv64-unknown-elf-size", *files], check=True, capture_output=True, text=True).stdout
    rows = (line.split() for line in table.splitlines()[1:])
    return sorted(((int(row[0]), Path(row[5]).name) for row in rows), reverse=True)


def measure():
    """Rows of (what, value, unit, anchor)."""
    yield "kernel image", (IMAGE / "Image").stat().st_size, "bytes", "seL4 38 KB, Linux 31 MB, lean Linux 3.1 MB"
    yield "bundle: every program, all forms, two fonts", (IMAGE / "bundle.img").stat().st_size, "bytes", ""
    for size, name in programs()[:PROGRAMS_SHOWN]:
        yield f"text of {name}", size, "bytes", ""

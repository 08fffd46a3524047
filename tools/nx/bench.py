# SPDX-License-Identifier: Apache-2.0
"""`bench`: counted numbers beside their anchors.

An area is a file tests/perf/AREA.py with a function `measure()` that yields rows of (what, value,
unit, anchor); the anchor says what the number is held against, or is empty.
"""
import importlib.util

import build
import setup
from common import BUILD, ROOT, Trouble, only, say

AREAS = ROOT / "tests" / "perf"


def measure_size():
    """Sizes of what a device boots from."""
    for name, path in (("kernel", "Image"), ("bundle", "bundle.img")):
        file = BUILD / "riscv64" / "tools" / "image" / path
        if file.exists():
            yield f"{name} image", file.stat().st_size, "bytes", ""


def load_area(path):
    """The measure function of one area's file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "measure"):
        raise Trouble(f"{path.relative_to(ROOT)} has no function measure()")
    return module.measure


def areas():
    """All areas by name."""
    found = {path.stem: path for path in sorted(AREAS.glob("*.py"))}
    return {"size": measure_size} | {name: load_area(path) for name, path in found.items()}


def bench(arguments):
    """The word `bench`."""
    known = areas()
    only(arguments, known, f"bench [{'|'.join(known)}]")
    setup.ensure()
    build.build_target("riscv64")
    for area in arguments or known:
        say(area)
        for what, value, unit, anchor in known[area]():
            say(f"  {what:44} {value:>16,} {unit:14} {anchor}")


WORDS = {"bench": ("bench [AREA]", "measure; numbers are counted, not timed", bench)}

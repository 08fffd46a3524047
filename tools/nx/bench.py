# SPDX-License-Identifier: Apache-2.0
"""`bench`: counted numbers beside their anchors.

An area is a file tests/perf/AREA.py with a function `measure()` that yields rows of (what, value,
unit, anchor); the anchor says what the number is held against, or is empty.
"""
import importlib.util

import build
import setup
from common import ROOT, Trouble, only, say

AREAS = ROOT / "tests" / "perf"


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
    return {path.stem: load_area(path) for path in sorted(AREAS.glob("*.py"))}


def bench(arguments):
    """The word `bench`."""
    known = areas()
    only(arguments, known, f"bench [{'|'.join(known)}]")
    setup.ensure()
    build.build_target("riscv64")
    for area in arguments or known:
        say(area)
        for what, value, unit, anchor in known[area]():
            say(f"  {what:44} {value:>16,} {unit:14} {anchor}".rstrip())


WORDS = {"bench": ("bench [AREA]", "measure; numbers are counted, not timed", bench)}

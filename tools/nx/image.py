# SPDX-License-Identifier: Apache-2.0
"""The suite `image`: building twice, in two folders of different depth, gives the same bytes.

The sources are copied (what git tracks, and new files), so neither the working folder's name nor
what lies beside it may matter. The kernel and the bundle are compared.
"""
import shutil
import tempfile
from pathlib import Path

import build
from common import ROOT, run

ARTEFACTS = ["tools/image/Image", "tools/image/bundle.img"]


def copy_tree(folder):
    """Copy the sources into a new folder."""
    listed = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def build_copy(folder):
    """Copy, build, and return the bytes of each artefact that this tree makes."""
    copy_tree(folder)
    build.build_target("riscv64", folder / "out", folder)
    made = {name: folder / "out" / name for name in ARTEFACTS}
    return {name: path.read_bytes() for name, path in made.items() if path.exists()}


def compare(first, second):
    """The cases: every artefact is made, and is the same bytes in both builds."""
    cases = [(f"{artefact} is there", "passed" if artefact in first else "failed",
              "the build does not make it") for artefact in ARTEFACTS]
    for artefact, made in first.items():
        other = second.get(artefact, b"")
        cases.append((f"{artefact} is the same from two folders",
                      "passed" if made == other else "failed", difference(made, other)))
    return cases


def check_reproducible():
    """Build twice and compare."""
    with tempfile.TemporaryDirectory() as scratch:
        first = build_copy(Path(scratch) / "a")
        return compare(first, build_copy(Path(scratch) / "another" / "folder"))


def difference(one, other):
    """Where two artefacts part."""
    place = next((i for i, pair in enumerate(zip(one, other)) if pair[0] != pair[1]),
                 min(len(one), len(other)))
    return (f"sizes {len(one)} and {len(other)}, first difference at byte {place:#x}: "
            f"{one[place:place + 32]!r} and {other[place:place + 32]!r}")

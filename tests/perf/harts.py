# SPDX-License-Identifier: Apache-2.0
"""Bench area `harts`: how much more independent work several harts do than one.

One pair of processes a hart, each calling its own server without a pause. This alone is timed, not counted: under
-icount the emulator runs one hart at a time, so none ever waits for another. A host with fewer processors than the
machine has harts cannot show more than its own; the best of some runs counts, since a busy host only takes away.
"""
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "riscv64" / "kernel"
RUNS = 5
SECONDS = 60
FOUND = re.compile(r"pairs: harts (\d+) trips (\d+) wrong (\d+)")


def trips(harts):
    """Round trips of all pairs in a tenth of a second."""
    done = subprocess.run(["qemu-system-riscv64", "-M", "virt", "-smp", str(harts), "-m", "256M", "-display", "none",
                           "-monitor", "none", "-serial", "stdio", "-kernel", str(BUILT / "Image"), "-initrd",
                           str(BUILT / "test" / "selftest" / "pairs.bundle")],
                          timeout=SECONDS, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    found = FOUND.search(done.stdout)
    assert found and int(found[1]) == harts and int(found[3]) == 0, done.stdout
    return int(found[2])


def measure():
    """Rows of (what, value, unit, anchor)."""
    processors = len(os.sched_getaffinity(0))
    best = {harts: 0 for harts in (1, 2, 4)}
    for _ in range(RUNS):
        for harts in best:
            best[harts] = max(best[harts], trips(harts))
    yield "IPC round trips of a pair on one hart", best[1] * 10, "a second", "timed on this host"
    for harts in (2, 4):
        yield (f"independent pairs, {harts} harts : 1", best[harts] * 100 // best[1], "percent",
               f"timed; about {min(harts, processors) * 100} is all that this host's {processors} processors have")

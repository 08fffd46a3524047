# SPDX-License-Identifier: Apache-2.0
"""Proof 9: fuzzers in the guest make nonsense of every system call, and look at all that comes back
(kernel/test/selftest/fuzz.c). The kernel lives, nothing of it leaks, nothing is lost, and the whole
self-test passes afterwards. Kernels with a planted mistake must be found out by the same run.
"""
import os
import re
import subprocess
from pathlib import Path

import pytest

BUILT = Path(__file__).resolve().parents[2] / "build" / "riscv64" / "kernel"
BUNDLE = BUILT / "test" / "selftest" / "fuzz.bundle"
LONG = "NX_LONG" in os.environ
LEDGER = re.compile(r"proof: syscall_fuzz seeds (\d+) count (\d+) failures (\d+)")
PASSED = re.compile(r"selftest: (\d+) passed, 0 failed")
SECONDS = 3000 if LONG else 400  # generous: the host may be busy

# Harts, and calls in the short and the long run. One hart runs by counted instructions: the same seeds give the same
# run, however busy the host is. Two show what only harts at once do.
RUNS = [(1, 1_050_000, 10_000_000), (2, 100_000, 900_000)]


def run_fuzz(kernel, harts, calls):
    """The console's text."""
    command = ["qemu-system-riscv64", "-M", "virt", "-smp", str(harts), "-m", "128M", "-display", "none",
               "-serial", "stdio", "-no-reboot", "-kernel", str(BUILT / kernel), "-initrd", str(BUNDLE),
               *(["-icount", "shift=0,sleep=off"] if harts == 1 else []),
               "-append", f"nexus.panic=poweroff fuzz.calls={calls}"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
        return done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"").decode(errors="replace") + "\nno end in time"


@pytest.mark.parametrize("harts, short, long", RUNS, ids=[f"{run[0]}-harts" for run in RUNS])
def test_nonsense_hurts_nobody_and_learns_nothing(harts, short, long):
    """Millions of calls, no failure; then every promise of the kernel is still kept."""
    text = run_fuzz("Image", harts, long if LONG else short)
    found = LEDGER.search(text)
    assert found and int(found[3]) == 0, text[-3000:]
    assert int(found[2]) >= (long if LONG else short)
    assert PASSED.search(text) and int(PASSED.search(text)[1]) > 30, text[-3000:]
    print(found[0].replace("syscall_fuzz", f"syscall_fuzz_{harts}_harts"))


@pytest.mark.parametrize("mistake, sign", [("slot", r"PANIC"), ("pointer", r"FAIL seed \d+: wrong is a register"),
                                           ("stale", r"FAIL seed \d+: wrong is new memory")])
def test_finds_a_planted_mistake(mistake, sign):
    """A lookup without its bound, an address in a register, a page half cleared."""
    text = run_fuzz(f"planted_{mistake}.image", 1, 100_000)
    assert re.search(sign, text), text[-3000:]

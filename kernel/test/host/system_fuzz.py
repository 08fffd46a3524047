# SPDX-License-Identifier: Apache-2.0
"""Runs libFuzzer on the kernel as a machine driven by bytes (system.h), from nothing, with one seed.

Usage: system_fuzz.py FUZZER. A program that breaks the kernel is left beside it, as crash-… .
"""
import os
import re
import subprocess
import sys
import tempfile

SEED = 1
RUNS = 1_000_000 if "NX_LONG" in os.environ else 30_000
EDGES_MIN = 1400  # that many must be reached, or it hardly looked


def main():
    """One ledger line; exit 1 if a program broke the kernel."""
    fuzzer = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as corpus:
        done = subprocess.run([fuzzer, f"-seed={SEED}", f"-runs={RUNS}", "-max_len=256", "-len_control=0",
                               "-use_cmp=0", f"-artifact_prefix={os.path.dirname(fuzzer)}/", corpus],
                              capture_output=True, text=True, errors="replace", check=False)
        kept = len(os.listdir(corpus))
    edges = max(map(int, re.findall(r"cov: (\d+)", done.stderr)), default=0)
    failed = done.returncode != 0 or edges < EDGES_MIN
    if failed:
        print(done.stderr[-6000:])
    print(f"{edges} edges of the kernel reached, {kept} programs kept")
    print(f"proof: kernel_system_libfuzzer seeds {SEED} count {RUNS} failures {int(failed)}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Runs libFuzzer on the kernel as a machine driven by bytes (system.h), from nothing, with one seed.

Usage: system_fuzz.py FUZZER [TWIN]. A program that breaks the kernel is left beside the fuzzer, as crash-… . The twin
has a planted mistake and must be broken.
"""
import os
import re
import subprocess
import sys
import tempfile

SEED = 1
RUNS = 1_000_000 if "NX_LONG" in os.environ else 30_000
EDGES_MIN = 1400  # that many must be reached, or it hardly looked


def fuzz(fuzzer):
    """One run of libFuzzer from nothing; and how many programs it kept."""
    with tempfile.TemporaryDirectory() as corpus:
        done = subprocess.run([fuzzer, f"-seed={SEED}", f"-runs={RUNS}", "-max_len=256", "-len_control=0",
                               "-use_cmp=0", f"-artifact_prefix={os.path.dirname(fuzzer)}/", corpus],
                              capture_output=True, text=True, errors="replace", check=False)
        return done, len(os.listdir(corpus))


def main():
    """One ledger line; exit 1 if a program broke the kernel, or none broke the twin."""
    done, kept = fuzz(os.path.abspath(sys.argv[1]))
    edges = max(map(int, re.findall(r"cov: (\d+)", done.stderr)), default=0)
    failed = done.returncode != 0 or edges < EDGES_MIN
    if failed:
        print(done.stderr[-6000:])
    print(f"{edges} edges of the kernel reached, {kept} programs kept")
    for twin in sys.argv[2:]:
        caught = fuzz(os.path.abspath(twin))[0].returncode != 0
        print(f"{'ok  ' if caught else 'FAIL'} {os.path.basename(twin)}")
        failed = failed or not caught
    print(f"proof: kernel_system_libfuzzer seeds {SEED} count {RUNS} failures {int(failed)}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

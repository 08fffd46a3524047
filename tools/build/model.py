# SPDX-License-Identifier: Apache-2.0
"""Checks a Spin model, and that Spin catches every mistake planted in it.

Usage: model.py NAME MODEL.pml VARIANT…  A variant is names to define, joined by commas, or `-`; with a name that begins
with PLANTED_ the model must fail, else it must hold. Skipped (exit 77) where spin is not installed.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIP = 77
DEPTH = 1_000_000


def errors_found(model, defines):
    """Number of errors Spin's exhaustive search reports, and the states it saw."""
    with tempfile.TemporaryDirectory() as folder:
        run = {"cwd": folder, "check": True, "capture_output": True, "text": True}
        subprocess.run(["spin", "-a", *defines, model], **run)
        subprocess.run(["cc", "-O0", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"], **run)
        output = subprocess.run(["./pan", f"-m{DEPTH}"], **run).stdout
    if "search depth too small" in output:
        raise RuntimeError("the search was cut short: " + output)
    errors = int(re.search(r"errors: (\d+)", output).group(1))
    states = int(re.search(r"(\d+) states, stored", output).group(1))
    return errors, states


def main():
    """One line per variant, and the ledger's; exit 1 if the model fails or a twin passes."""
    if shutil.which("spin") is None:
        print("skipped: spin is not installed (Debian package spin)")
        return SKIP
    name, model, variants = sys.argv[1], os.path.abspath(sys.argv[2]), sys.argv[3:]
    failures, count = 0, 0
    for variant in variants:
        names = [] if variant == "-" else variant.split(",")
        wanted = any(word.startswith("PLANTED_") for word in names)
        errors, states = errors_found(model, [f"-D{word}" for word in names])
        good = (errors > 0) == wanted
        failures += not good
        count += states
        print(f"{'ok  ' if good else 'FAIL'} {variant}: {errors} errors, {states} states")
    print(f"proof: {name} seeds {len(variants)} count {count} failures {failures}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

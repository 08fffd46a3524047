# SPDX-License-Identifier: Apache-2.0
"""Checks the wake-up protocol's model with Spin, and that Spin catches both planted bugs.

Usage: wakeup_model.py wakeup.pml. Skipped (exit 77) where spin is not installed.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIP = 77


def errors_found(model, defines):
    """Number of errors Spin's exhaustive search reports, and the states it saw."""
    with tempfile.TemporaryDirectory() as folder:
        run = {"cwd": folder, "check": True, "capture_output": True, "text": True}
        subprocess.run(["spin", "-a", *defines, model], **run)
        subprocess.run(["cc", "-O1", "-w", "-DSAFETY", "-o", "pan", "pan.c"], **run)
        output = subprocess.run(["./pan"], **run).stdout
    if "search depth too small" in output:
        raise RuntimeError("the search was cut short: " + output)
    errors = int(re.search(r"errors: (\d+)", output).group(1))
    states = int(re.search(r"(\d+) states, stored", output).group(1))
    return errors, states


def main():
    """One line per variant; exit 1 if the model fails or a twin passes."""
    if shutil.which("spin") is None:
        print("skipped: spin is not installed (Debian package spin)")
        return SKIP
    model = os.path.abspath(sys.argv[1])
    failed = False
    for defines, wanted in (([], False), (["-DPLANTED_LOOK_FIRST"], True),
                            (["-DPLANTED_WAKE_FIRST"], True)):
        errors, states = errors_found(model, defines)
        good = (errors > 0) == wanted
        failed = failed or not good
        print(f"{'ok  ' if good else 'FAIL'} {defines or 'protocol'}: {errors} errors, {states} states")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare lib/doc with real Yjs, operation by operation, in both directions.

  run.py DOC_DRIVER [SECONDS [SEED]]     exit 0: equal everywhere; 77: Yjs cannot be had here (no npm, no network)

"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import packages  # noqa: E402

SECONDS = "15"


def main():
    """Run the comparison beside the packages, so that node finds them."""
    driver = str(Path(sys.argv[1]).resolve())
    cache = packages.cached()
    if cache is None:
        print("Yjs is not to be had here: skipped")
        return packages.SKIP
    script = packages.beside(cache, *(HERE / name for name in ("compare.mjs", "driver.mjs", "edits.mjs")))
    arguments = sys.argv[2:] or [SECONDS]
    command = ["node", str(script), driver, *arguments]
    return subprocess.run(command, timeout=300, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

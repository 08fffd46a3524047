#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare lib/doc with real Yjs, operation by operation, in both directions.

  run.py DOC_DRIVER [SECONDS [SEED]]     exit 0: equal everywhere; 77: Yjs cannot be had here (no npm, no network)

The packages named in package.json are fetched once, by npm, into the cache folder (NX_CACHE).
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SKIP = 77
SECONDS = "15"


def cache_dir():
    """The folder with the packages, filled on first use; None when that is impossible."""
    pins = (HERE / "package.json").read_bytes()
    root = Path(os.environ.get("NX_CACHE") or Path.home() / ".cache" / "open-nexus")
    folder = root / "npm" / f"interop-yjs-{hashlib.sha256(pins).hexdigest()[:16]}"
    if not (folder / "complete").exists():
        if not shutil.which("npm") or not install(folder):
            return None
    return folder


def install(folder):
    """Let npm fetch the pinned packages; True when it did."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", folder)
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        result = subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return False
    if result.returncode == 0:
        (folder / "complete").touch()
    return result.returncode == 0


def main():
    """Run the comparison beside the packages, so that node finds them."""
    driver = str(Path(sys.argv[1]).resolve())
    cache = cache_dir()
    if cache is None or not shutil.which("node"):
        print("Yjs is not to be had here: skipped")
        return SKIP
    for script in ("compare.mjs", "driver.mjs", "edits.mjs"):
        shutil.copy(HERE / script, cache)
    arguments = sys.argv[2:] or [SECONDS]
    command = ["node", str(cache / "compare.mjs"), driver, *arguments]
    return subprocess.run(command, timeout=300, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

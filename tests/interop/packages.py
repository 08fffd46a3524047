# SPDX-License-Identifier: Apache-2.0
"""The npm packages that the interoperability tests meet, and a folder to run scripts beside them.

The packages named in package.json are fetched once, by npm, into the cache folder (NX_CACHE); nothing of them is
committed. Scripts are copied next to them, because that is where node looks.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
SKIP = 77  # how a test says that npm or its registry is not to be had
INSTALL_S = 300


def cached():
    """The folder with the packages, filled on first use; None when that is impossible."""
    pins = (HERE / "package.json").read_bytes()
    root = Path(os.environ.get("NX_CACHE") or Path.home() / ".cache" / "open-nexus")
    folder = root / "npm" / f"interop-{hashlib.sha256(pins).hexdigest()[:16]}"
    if not shutil.which("node"):
        return None
    if not (folder / "complete").exists():
        if os.environ.get("OFFLINE") or not shutil.which("npm") or not install(folder):
            return None
    return folder


def install(folder):
    """Let npm fetch the pinned packages; True when it did."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", folder)
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        result = subprocess.run(command, cwd=folder, capture_output=True, timeout=INSTALL_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    if result.returncode == 0:
        (folder / "complete").touch()
    return result.returncode == 0


def beside(folder, *scripts):
    """Copies scripts to the packages; returns the path of the first."""
    for script in scripts:
        shutil.copy(script, folder)
    return folder / Path(scripts[0]).name

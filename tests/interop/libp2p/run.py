#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Let lib/mesh and js-libp2p meet on the loopback: each dials the other; ping, identify, an echoed stream.

  run.py MESH_NODE [BYTES]     exit 0: all worked; 77: js-libp2p cannot be had here (no npm, no network)

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
DEFAULT_BYTES = 16 << 20
LIMIT_S = 40


def cache_dir():
    """The folder with the packages, filled on first use; None when that is impossible."""
    pins = (HERE / "package.json").read_bytes()
    root = Path(os.environ.get("NX_CACHE") or Path.home() / ".cache" / "open-nexus")
    folder = root / "npm" / f"interop-libp2p-{hashlib.sha256(pins).hexdigest()[:16]}"
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


def meet(listener_command, dialer_command, size):
    """Start the listener, let the dialer do its part; True when the dialer is content."""
    with subprocess.Popen(listener_command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as listener:
        line = listener.stdout.readline().split()
        if len(line) != 2 or line[0] != "listening":
            listener.kill()
            return False
        try:
            dialer = subprocess.run(dialer_command + ["dial", line[1], str(size)],
                                    timeout=LIMIT_S, check=False)
            print(listener.communicate(timeout=10)[0], end="")
        except subprocess.TimeoutExpired:
            listener.kill()
            return False
        return dialer.returncode == 0


def main():
    """Both directions; prints what each side reports."""
    ours = [str(Path(sys.argv[1]).resolve())]
    size = int(sys.argv[2]) if len(sys.argv) > 2 else DEFAULT_BYTES
    cache = cache_dir()
    if cache is None or not shutil.which("node"):
        print("js-libp2p is not to be had here: skipped")
        return SKIP
    for script in ("peer.mjs", "older_node.mjs"):
        shutil.copy(HERE / script, cache)
    theirs = ["node", str(cache / "peer.mjs")]
    print("-- we dial js-libp2p", flush=True)
    dialed = meet(theirs + ["listen"], ours, size)
    print("-- js-libp2p dials us", flush=True)
    accepted = meet(ours + ["listen"], theirs, size)
    return 0 if dialed and accepted else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Let lib/mesh and js-libp2p meet on the loopback: each dials the other; ping, identify, an echoed stream.

  run.py MESH_NODE [BYTES]     exit 0: all worked; 77: js-libp2p cannot be had here (no npm, no network)
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import packages  # noqa: E402

DEFAULT_BYTES = 16 << 20
LIMIT_S = 40


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
    cache = packages.cached()
    if cache is None:
        print("js-libp2p is not to be had here: skipped")
        return packages.SKIP
    theirs = ["node", str(packages.beside(cache, HERE / "peer.mjs", HERE / "older_node.mjs"))]
    print("-- we dial js-libp2p", flush=True)
    dialed = meet(theirs + ["listen"], ours, size)
    print("-- js-libp2p dials us", flush=True)
    accepted = meet(ours + ["listen"], theirs, size)
    return 0 if dialed and accepted else 1


if __name__ == "__main__":
    sys.exit(main())

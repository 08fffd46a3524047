# SPDX-License-Identifier: Apache-2.0
"""lib/doc against real Yjs and lib/mesh against js-libp2p, as meson's suite `interop` runs them on the host."""

import subprocess
from pathlib import Path

import pytest

BUILD = Path(__file__).resolve().parents[2] / "build" / "host"


@pytest.mark.parametrize("name", ["doc.interop yjs", "mesh.interop libp2p"])
def test_library_meets_the_original(name):
    done = subprocess.run(["meson", "test", "-C", BUILD, "--no-rebuild", "--suite", "interop",
                           "--print-errorlogs", name], capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Skipped:            0" in done.stdout, "the npm packages are not to be had: see the log"

# SPDX-License-Identifier: Apache-2.0
"""`build`: the host tests (build/host, sanitizers) and the device image (build/riscv64)."""
import sys
import time

import setup
from common import BUILD, ROOT, TOOLS, only, run_shown, say

OPTIONS = {
    "host": ["-Db_sanitize=address,undefined"],
    "riscv64": ["--cross-file", "tools/build/riscv64.ini"],
}


def configure(target, folder, root=ROOT):
    """Libraries into the cache, and the build folder's rules up to date with every meson.build."""
    run_shown([sys.executable, "-B", TOOLS / "third_party.py", "build", "--target", target],
              "building the libraries")
    if not (folder / "build.ninja").exists():
        say(f"build: configure {target}")
        run_shown(["meson", "setup", folder, root] + OPTIONS[target], "meson setup", cwd=root)
    run_shown(["ninja", "-C", folder, "--quiet", "build.ninja"], "meson", cwd=root)


def build_target(target, folder=None, root=ROOT):
    """Bring one target up to date."""
    folder = folder or BUILD / target
    configure(target, folder, root)
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    run_shown(["ninja", "-C", folder] + quiet, f"ninja, target {target},", cwd=root)


def build(arguments):
    """The word `build`."""
    only(arguments, OPTIONS, "build [host|riscv64]")
    setup.ensure()
    for target in arguments or OPTIONS:
        began = time.monotonic()
        say(f"build: {target}")
        build_target(target)
        say(f"build: {target} is up to date ({time.monotonic() - began:.1f} s)")


WORDS = {"build": ("build [host|riscv64]", "build what changed; both targets by default", build)}

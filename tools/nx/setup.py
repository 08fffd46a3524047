# SPDX-License-Identifier: Apache-2.0
"""`setup`: check what this machine has and install what is missing, from packages.txt alone."""
import os
import re
import shutil
from pathlib import Path

from common import Trouble, only, run, run_shown, say

LIST = Path(__file__).parent / "packages.txt"
LINE = re.compile(r"^(?P<package>[a-z0-9.+-]+)(?: \((?P<program>[a-z]+)\))?\s+#")


def packages_needed():
    """(package, program) of every line of the list; program is None if only the package counts."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return [match.group("package", "program") for match in map(LINE.match, lines) if match]


def packages_missing():
    """The packages to install on this machine."""
    if shutil.which("dpkg-query") is None:
        raise Trouble("this is not a Debian system: install what tools/nx/packages.txt lists")
    answer = run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"])
    here = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return [package for package, program in packages_needed()
            if package not in here and not (program and shutil.which(program))]


def install(packages):
    """Install packages with apt."""
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    if sudo and shutil.which("sudo") is None:
        raise Trouble("installing needs root and there is no sudo: as root, apt-get install "
                      + " ".join(packages))
    say(f"setup: installing {' '.join(packages)}")
    quiet = {"env": dict(os.environ, DEBIAN_FRONTEND="noninteractive")}
    run_shown(sudo + ["apt-get", "-qq", "update"], "apt-get update", **quiet)
    run_shown(sudo + ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", "install", "-y",
                      "--no-install-recommends"] + packages, "apt-get install", **quiet)


def ensure():
    """Install what is missing; quick and silent when nothing is."""
    missing = packages_missing()
    if missing:
        install(missing)


def setup(arguments):
    """The word `setup`."""
    only(arguments, [], "setup")
    ensure()
    say(f"setup: all {len(packages_needed())} packages are there")


WORDS = {"setup": ("setup", "install what is missing (tools/nx/packages.txt)", setup)}

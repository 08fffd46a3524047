# SPDX-License-Identifier: Apache-2.0
"""Fetch pinned files: content-addressed cache first, then a local mirror, then the network.

A pin is a dictionary with `name` (file name), `sha256` and where the file comes from, one of
  debian  a path under any Debian mirror, for example pool/main/l/lwip/lwip_2.2.1.orig.tar.xz;
          pool paths do not depend on the suite, so files of the next release come the same way
  npm     package@version

No host name is written in this tree: the Debian mirrors are the ones this machine's apt is set up
with, and npm knows its own registry. A file whose hash differs is never used.

Environment: NX_CACHE (folder of the cache), NX_MIRROR (folder with files by name), OFFLINE=1.
"""
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

APT_HELPER = "/usr/lib/apt/apt-helper"
FETCH_SECONDS_MAX = 300


class Trouble(Exception):
    """What went wrong, in one line that names the mend."""


def cache_dir():
    """The cache folder, made if missing."""
    cache = os.environ.get("NX_CACHE")
    path = Path(cache) if cache else Path.home() / ".cache" / "open-nexus"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble(f"cannot make the cache folder {path} ({error.strerror}): "
                      "set NX_CACHE to a folder you may write") from error
    return path.resolve()


@contextlib.contextmanager
def cache_lock(name):
    """Hold the cache's lock `name`, so that parallel runs do each thing once."""
    with open(cache_dir() / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def file_sha256(path):
    """The sha256 of a file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run_quiet(command, **options):
    """Run a command, capturing what it prints; returns the completed process."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=FETCH_SECONDS_MAX, **options)
    except FileNotFoundError as error:
        raise Trouble(f"{command[0]} is missing: run ./nx setup") from error
    except subprocess.TimeoutExpired as error:
        raise Trouble(f"{command[0]} took over {FETCH_SECONDS_MAX} s: check the network"
                      ) from error


def debian_mirrors():
    """Base addresses apt is configured with; those serving this machine's own suite first."""
    answer = run_quiet(["apt-get", "--print-uris", "update"])
    found = re.findall(r"^'(\S+)/dists/([^/']+)", answer.stdout, re.MULTILINE)
    release = Path("/etc/os-release")
    text = release.read_text(encoding="utf-8") if release.exists() else ""
    match = re.search(r"^VERSION_CODENAME=(\w+)", text, re.MULTILINE)
    suite = match.group(1) if match else ""
    ordered = sorted(found, key=lambda pair: not pair[1].startswith(suite))
    return list(dict.fromkeys(base for base, _ in ordered))


def fetch_debian(pin, out):
    """Get a file from the first Debian mirror that has exactly the pinned bytes."""
    mirrors = debian_mirrors()
    if not mirrors:
        raise Trouble("apt has no package source configured: add a Debian mirror to apt's sources")
    for base in mirrors:
        address = f"{base}/{pin['debian']}"
        answer = run_quiet([APT_HELPER, "download-file", address, str(out),
                            f"SHA256:{pin['sha256']}"])
        if answer.returncode == 0 and out.exists():
            return
    raise Trouble(f"no configured Debian mirror has {pin['name']} with the pinned hash (superseded "
                  "or the network is down): put the file into a folder and set NX_MIRROR to it, or "
                  "pin its successor in the recipe; it may carry fixes, so it is never left out")


def fetch_npm(pin, out):
    """Get a package from the npm registry this machine is configured with."""
    with tempfile.TemporaryDirectory() as folder:
        answer = run_quiet(["npm", "pack", "--ignore-scripts", "--silent", pin["npm"]], cwd=folder)
        packed = sorted(Path(folder).glob("*.tgz"))
        if answer.returncode != 0 or not packed:
            raise Trouble(f"npm cannot fetch {pin['npm']}: check the network and `npm config get "
                          "registry`, or put the file into a folder and set NX_MIRROR to it")
        shutil.move(packed[0], out)


def fetch_any(pin, out):
    """Copy from the mirror folder or download; `out` may be left with wrong bytes."""
    mirror = os.environ.get("NX_MIRROR")
    if mirror and (Path(mirror) / pin["name"]).is_file():
        shutil.copyfile(Path(mirror) / pin["name"], out)
    elif os.environ.get("OFFLINE", "0") not in ("", "0"):
        raise Trouble(f"{pin['name']} is not in the cache and OFFLINE is set: run once without "
                      "OFFLINE, or set NX_MIRROR to a folder that has it")
    elif "debian" in pin:
        fetch_debian(pin, out)
    elif "npm" in pin:
        fetch_npm(pin, out)
    else:
        raise Trouble(f"the pin of {pin['name']} says neither `debian` nor `npm`: add one")


def fetch(pin, say=lambda line: None):
    """Return the path of the pinned file in the cache, fetching and verifying it if needed."""
    folder = cache_dir() / "files"
    folder.mkdir(exist_ok=True)
    kept = folder / pin["sha256"]
    with cache_lock("fetch"):
        if kept.exists() and file_sha256(kept) == pin["sha256"]:
            return kept
        say(f"fetch {pin['name']}")
        part = folder / f"{pin['sha256']}.part"
        part.unlink(missing_ok=True)
        fetch_any(pin, part)
        if file_sha256(part) != pin["sha256"]:
            part.unlink()
            raise Trouble(f"{pin['name']} does not have the pinned sha256 {pin['sha256'][:12]}…: "
                          "do not use it; look for its successor and pin that")
        part.rename(kept)
    return kept

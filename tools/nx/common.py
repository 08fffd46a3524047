# SPDX-License-Identifier: Apache-2.0
"""What the words of ./nx share: where the tree is, running programs, one-line trouble."""
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ROOT / "tools"
BUILD = ROOT / "build"
sys.path.insert(0, str(TOOLS))

from fetch import Trouble  # noqa: E402  (the path above comes first)

__all__ = ["ROOT", "TOOLS", "BUILD", "Trouble", "Misuse", "say", "run", "run_shown", "only"]


class Misuse(Trouble):
    """Words that mean nothing here, in one line that says what would: exit status 2."""


def say(line):
    """One line of progress."""
    print(line, flush=True)


def run(command, **options):
    """Run a program and return what it did, its output captured as text."""
    try:
        return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              check=False, **{"cwd": ROOT} | options)
    except FileNotFoundError as error:
        raise Trouble(f"{command[0]} is missing: run ./nx setup") from error


def run_shown(command, what, **options):
    """Run a program that shows its own progress; trouble if it fails."""
    try:
        done = subprocess.run([str(word) for word in command], check=False,
                              **{"cwd": ROOT, "env": dict(os.environ)} | options)
    except FileNotFoundError as error:
        raise Trouble(f"{command[0]} is missing: run ./nx setup") from error
    if done.returncode != 0:
        raise Trouble(f"{what} failed: see the messages above")


def only(arguments, known, usage):
    """Check that every argument is known."""
    for word in arguments:
        if word not in known:
            raise Trouble(f"`{word}` is not known here; usage: ./nx {usage}")

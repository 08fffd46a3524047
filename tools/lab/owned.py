# SPDX-License-Identifier: Apache-2.0
"""Processes that are ours, by id and start time, so that none is ever ended by mistake.

A lab that crashed leaves emulators behind. Their ids are in files; an id alone may be another program's by now, the
kernel's start time with it cannot.
"""

import os
import signal
import time


def started(pid):
    """When the kernel started a process, in ticks since boot; None if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def record(path, pid):
    """Writes down that `pid` is ours."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(f"{pid} {started(pid)}\n")
    os.replace(path + ".new", path)


def forget(path):
    """Ends the record."""
    if os.path.exists(path):
        os.unlink(path)


def recorded(path):
    """The id in a record if that very process still runs, else None."""
    try:
        with open(path, encoding="utf-8") as file:
            pid, ticks = file.read().split()
            return int(pid) if str(started(int(pid))) == ticks else None
    except (OSError, ValueError):
        return None


def end(path, seconds=0.0):
    """Ends the recorded process: asks if `seconds` are given for that, then kills; True if one ran."""
    pid = recorded(path)
    if pid is None:
        forget(path)
        return False
    deadline = time.monotonic() + seconds
    send(pid, signal.SIGTERM if seconds else signal.SIGKILL)
    while recorded(path) is not None:
        if time.monotonic() > deadline:
            send(pid, signal.SIGKILL)
            deadline += 5
        time.sleep(0.02)
    forget(path)
    return True


def send(pid, number):
    """Sends a signal to a process that may have ended by itself."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass

# SPDX-License-Identifier: Apache-2.0
"""What a crash leaves in a device's log, explained: every address with its function, file and line.

The log has a fault's place, registers and return addresses (docs/protocols/console.md). The functions come from the
programs of the build, file and line from the compiler's addr2line where it is installed. What is not found stays a
bare address.
"""
import bisect
import re
import shutil
import subprocess

FAULT = re.compile(r"\binit: (\S+) faulted: cause (\d+) at pc 0x([0-9a-f]+)")
MORE = re.compile(r"\binit: (\S+) (registers|called from):((?: [0-9a-z]+)*)\s*$")
ADDR2LINE = "riscv64-unknown-elf-addr2line"


class Program:
    """The functions of one program."""

    def __init__(self, path, functions):
        self.path = path
        self._functions = functions
        self._starts = [start for start, _, _ in functions]

    def function(self, address):
        """(name, offset), or None outside of every function."""
        at = bisect.bisect_right(self._starts, address) - 1
        if at < 0 or address >= self._starts[at] + self._functions[at][1]:
            return None
        return self._functions[at][2], address - self._starts[at]

    def lines(self, addresses):
        """FILE:LINE of each, or an empty text."""
        if not addresses or shutil.which(ADDR2LINE) is None:
            return [""] * len(addresses)
        done = subprocess.run([ADDR2LINE, "-e", str(self.path)] + [f"{address:#x}" for address in addresses],
                              capture_output=True, text=True, check=False)
        said = [line.split(" (")[0].lstrip("./").removeprefix("build/riscv64/") for line in done.stdout.splitlines()]
        found = ["" if "?" in line or line.endswith(":0") else line for line in said]
        return found if len(found) == len(addresses) else [""] * len(addresses)


class Crash:
    """One fault's lines."""

    def __init__(self, name, pc):
        self.name, self.pc = name, pc
        self.ra, self.callers = 0, []

    def take(self, kind, text):
        """A further line of it."""
        words = text.split()
        if kind == "called from":
            self.callers += [int(word, 16) for word in words]
        elif "ra" in words[::2]:
            self.ra = int(words[words.index("ra") + 1], 16)

    def frames(self, program):
        """Addresses, innermost first. The register ra counts where its function has not stored it yet: then it leads
        out of the function; else it is left from the function's own last call."""
        here, back = program.function(self.pc), program.function(max(0, self.ra - 1))
        fresh = back is not None and (here is None or here[0] != back[0]) and self.ra not in self.callers[:1]
        return [self.pc] + [self.ra] * fresh + self.callers

    def explain(self, program):
        """A line for each frame."""
        if program is None:
            program = Program(None, [])
        frames = self.frames(program)
        # A return address is behind the call, which may be its function's last instruction.
        places = frames[:1] + [max(0, address - 1) for address in frames[1:]]
        functions = [program.function(place) for place in places]
        known = [place for place, function in zip(places, functions) if function]
        lines = dict(zip(known, program.lines(known)))
        for number, (address, place, function) in enumerate(zip(frames, places, functions)):
            what = f"{address:#x}" if function is None else f"{function[0]}+{address - place + function[1]:#x}"
            yield f"    #{number:<2} {what}  {lines.get(place, '')}".rstrip()


def explain(lines, find):
    """The log's lines, each crash followed by its frames. `find` gives the Program of a service's name, or None."""
    crash = None
    for line in lines:
        more = MORE.search(line)
        if crash and more and more[1] == crash.name:
            try:
                crash.take(more[2], more[3])
            except (ValueError, IndexError):
                pass  # a line cut short
        elif crash:
            yield from crash.explain(find(crash.name))
            crash = None
        fault = FAULT.search(line)
        if fault:
            crash = Crash(fault[1], int(fault[3], 16))
        yield line
    if crash:
        yield from crash.explain(find(crash.name))

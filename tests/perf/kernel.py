# SPDX-License-Identifier: Apache-2.0
"""Bench area `kernel`: executed instructions of the kernel's paths, one hart, medians.

The bench program prints counts it reads with rdinstret under -icount, where every instruction counts
one; what runs in ten idle seconds is counted from a trace of each executed instruction.
"""
import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "riscv64" / "kernel"
PROGRAM = BUILT / "test" / "selftest"
SECONDS = 300
MACHINE = ["qemu-system-riscv64", "-M", "virt", "-smp", "1", "-m", "256M", "-icount",
           "shift=0,sleep=off", "-seed", "1", "-rtc", "clock=vm,base=2026-01-01", "-display", "none",
           "-monitor", "none", "-serial", "stdio", "-kernel", str(BUILT / "Image"),
           "-initrd", str(PROGRAM / "bench.bundle")]

# Name of the bench's line: what it is, unit, what it is held against.
ROWS = {
    "boot": ("kernel entry to first user instruction", "instructions", "seL4 474,000"),
    "memory_used_kib": ("memory in use at 256 MiB", "KiB", "seL4 3,380"),
    "syscall_clock": ("system call: clock", "instructions", "seL4's cheapest 309"),
    "signal_raise_nobody_waits": ("signal, nobody waits", "instructions", "seL4 449"),
    "ipc_empty": ("IPC round trip, empty", "instructions", "seL4 544"),
    "ipc_64_bytes": ("IPC round trip, 64 bytes", "instructions", "seL4 590 (4 words), 1,890 (10)"),
    "ipc_64_bytes_float": ("the same, the caller computes in floating point", "instructions", "seL4 717"),
    "ipc_page": ("IPC round trip, 4,032 bytes each way", "instructions", ""),
    "ipc_handle_and_close": ("IPC moving a handle, closed there", "instructions",
                             "seL4 1,308 one way"),
    "signal_wakes_waiter": ("signal wakes a higher waiter", "instructions", "seL4 614"),
    "page_first_touch": ("first touch of a page, zeroed", "instructions", "Linux 1,677"),
    "memory_map": ("map 4 KiB (filled when touched)", "instructions", "seL4 740"),
    "memory_unmap": ("unmap 4 KiB", "instructions", "seL4 685"),
    "process_create_and_fill": ("process created with its program", "instructions", ""),
}


def mark_address():
    """The address of idle_mark, which the bench visits before and after its idle seconds."""
    listing = subprocess.run(["riscv64-unknown-elf-nm", PROGRAM / "bench.elf"], check=True,
                             capture_output=True, text=True).stdout
    return int(re.search(r"^([0-9a-f]+) T idle_mark$", listing, re.M)[1], 16)


def idle_instructions():
    """Instructions of kernel and program between the two visits of idle_mark."""
    mark = mark_address()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "trace"
        subprocess.run(MACHINE + ["-singlestep", "-d", "exec,nochain", "-D", log, "-dfilter",
                                  "0xffffffff80000000+0x100000,0x100000+0x100000"],
                       timeout=SECONDS, check=True, stdin=subprocess.DEVNULL, capture_output=True)
        with log.open(encoding="ascii", errors="replace") as lines:
            trace = [int(found[1], 16) for found in map(re.compile(r"\[\w+/(\w+)/").search, lines)
                     if found]
    visits = [place for place, pc in enumerate(trace) if pc == mark]
    return visits[1] - visits[0]


def measure():
    """Rows of (what, value, unit, anchor)."""
    done = subprocess.run(MACHINE, timeout=SECONDS, check=True, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    values = dict(re.findall(r"bench: (\w+) (\d+)", done.stdout))
    for name, (what, unit, anchor) in ROWS.items():
        yield what, int(values[name]), unit, anchor
    yield "executed in 10 idle seconds", idle_instructions(), "instructions", ""

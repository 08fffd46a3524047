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

# Name of the bench's line: what it is, unit, the goal (at most), and what it is held against.
ROWS = {
    "boot": ("kernel entry to first user instruction", "instructions", 400_000,
             "seL4 474,000, Linux 27.45 M"),
    "memory_used_kib": ("kernel memory at idle, first program included", "KiB", 1024,
                        "seL4 3.3 MB, Linux 15.9 MB"),
    "syscall_clock": ("cheapest system call (clock)", "instructions", 100, "seL4 309, Linux 167"),
    "signal_raise_nobody_waits": ("signal, nobody waits", "instructions", 0, "seL4 449, Linux 417"),
    "ipc_empty": ("IPC round trip, empty", "instructions", 300, "seL4 544, Linux 3,696"),
    "ipc_64_bytes": ("IPC round trip, 64 bytes", "instructions", 0, "seL4 590 (4 words), 1,890 (10)"),
    "ipc_64_bytes_float": ("the same, the caller computes in floating point", "instructions", 360,
                           "seL4 717"),
    "ipc_256_bytes": ("IPC round trip, 256 bytes each way", "instructions", 1200,
                      "seL4 1,890 (80 bytes), Linux 5,248"),
    "ipc_page": ("IPC round trip, 4,032 bytes each way", "instructions", 0, ""),
    "ipc_handle_one_way": ("IPC carrying one handle, one way", "instructions", 600, "seL4 1,308"),
    "ipc_handle_and_close": ("the same and back, closed there", "instructions", 0, ""),
    "signal_wakes_waiter": ("signal wakes a waiter in another process", "instructions", 350,
                            "seL4 614, Linux 1,611"),
    "fault_reaches_pager": ("page fault reaches a handler (pager)", "instructions", 400,
                            "seL4 650, Linux 2,705"),
    "handle_copy": ("handle duplicated", "instructions", 0, "seL4 906"),
    "handle_close": ("handle closed, the object stays", "instructions", 0, "seL4 854"),
    "handle_revoke_one": ("revoke one handle", "instructions", 0, "seL4 1,062"),
    "page_first_touch": ("first touch of a page, zeroed", "instructions", 900, "Linux 1,677"),
    "page_touch_present": ("first touch of a shared page that is there", "instructions", 0, ""),
    "memory_map": ("map 4 KiB (filled when touched)", "instructions", 500, "seL4 740, Linux 3,969"),
    "memory_unmap": ("unmap 4 KiB that were touched", "instructions", 500, "seL4 685, Linux 5,191"),
    "thread_create_and_join": ("thread created, ended and joined", "instructions", 4000,
                               "Linux 23,274"),
    "process_create_and_exit": ("process created, run to its exit, gone", "instructions", 40_000,
                                "Linux 239,205"),
}
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
IDLE_MAX = 50_000
TEXT_MAX = 48 << 10
SOURCE_MAX = 10_000


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


def text_bytes():
    """The size of what the kernel may execute."""
    listing = subprocess.run(["riscv64-unknown-elf-nm", BUILT / "arch" / "riscv64" / "kernel.elf"],
                             check=True, capture_output=True, text=True).stdout
    start, end = (int(re.search(rf"^([0-9a-f]+) \w {name}$", listing, re.M)[1], 16)
                  for name in ("image_start", "rodata_start"))
    return end - start


def source_lines():
    """Lines of the kernel's C and assembly that are neither empty nor comment, tests left out."""
    folder = ROOT / "kernel"
    return sum(1 for path in folder.rglob("*.[chS]") if "test" not in path.relative_to(folder).parts
               for line in COMMENT.sub("", path.read_text(encoding="utf-8")).splitlines() if line.strip())


def against(value, goal, anchors):
    """The column beside a number: the goal, whether it is missed, and the anchors."""
    wanted = f"goal {goal:,}{', missed' if value > goal else ''}" if goal else ""
    return "; ".join(part for part in (wanted, anchors) if part)


def measure():
    """Rows of (what, value, unit, anchor)."""
    done = subprocess.run(MACHINE, timeout=SECONDS, check=True, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    values = dict(re.findall(r"bench: (\w+) (\d+)", done.stdout))
    for name, (what, unit, goal, anchors) in ROWS.items():
        yield what, int(values[name]), unit, against(int(values[name]), goal, anchors)
    for what, value, unit, goal, anchors in (
            ("executed in 10 idle seconds", idle_instructions(), "instructions", IDLE_MAX, ""),
            ("kernel text, whole pages", text_bytes(), "bytes",
             TEXT_MAX, "seL4 38 KB, Linux 3.1 MB"),
            ("kernel source, comments out", source_lines(), "lines", SOURCE_MAX, "")):
        yield what, value, unit, against(value, goal, anchors)

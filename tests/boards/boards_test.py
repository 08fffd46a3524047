# SPDX-License-Identifier: Apache-2.0
"""One kernel image on every machine the emulator has: each boots the same two files and passes the
boot self-test, and each starts init from the bundle that is shipped. A machine that cannot power
itself off is ended when the result is there.
"""
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "system")]

from disk import write_disk  # pylint: disable=wrong-import-position
from machine import listened_to  # pylint: disable=wrong-import-position

BUILT = ROOT / "build" / "riscv64" / "kernel"
IMAGE, BUNDLE = BUILT / "Image", BUILT / "test" / "selftest" / "selftest.bundle"
PAIRS = BUILT / "test" / "selftest" / "pairs.bundle"
SHIPPED = ROOT / "build" / "riscv64" / "tools" / "image" / "bundle.img"
STARTED = re.compile(r"init: form: \w+, [^\n]*\n")
FW_JUMP = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.elf"
UBOOT = "/usr/lib/u-boot/qemu-riscv64_smode/uboot.elf"
SECONDS = 240  # generous: nothing here measures time, and the host may be busy
RESULT = re.compile(r"selftest: (\d+) passed, (\d+) failed")
PAIRED = re.compile(r"pairs: harts (\d+) trips (\d+) wrong (\d+)\r?\n")
ARGUMENTS = "nexus.panic=poweroff"
COUNTED = ["-icount", "shift=0,sleep=off"]  # time is executed instructions

# Name, harts the kernel must use, arguments of the emulator.
MACHINES = [
    ("virt-1", 1, ["-M", "virt", "-smp", "1", "-m", "128M"]),
    ("virt-4", 4, ["-M", "virt", "-smp", "4", "-m", "256M"]),
    ("virt-aclint", 4, ["-M", "virt,aclint=on", "-smp", "4", "-m", "256M"]),
    ("virt-u54", 2, ["-M", "virt", "-cpu", "sifive-u54", "-smp", "2", "-m", "256M"]),
    ("virt-32M", 1, ["-M", "virt", "-smp", "1", "-m", "32M"]),
    ("virt-8G", 4, ["-M", "virt", "-smp", "4", "-m", "8G"]),
    ("sifive_u", 4, ["-M", "sifive_u", "-smp", "5", "-m", "1G"]),
    ("spike", 4, ["-M", "spike", "-smp", "4", "-m", "1G", "-bios", FW_JUMP]),
]


def run_machine(arguments, until=RESULT):
    """The console's text, up to what is waited for or the end of the machine."""
    text = ""
    with listened_to(arguments, SECONDS) as lines:
        for line in lines:
            text += line
            if until.search(text) or text.partition("PANIC")[2].count("\n") > 1:
                break
    return text


def require_passed(text, harts):
    """The self-test passed whole, on that many harts."""
    found = RESULT.search(text)
    tail = "".join(line for line in text.splitlines(True) if "FAIL" in line) + text[-3000:]
    assert found, tail
    assert int(found[1]) > 30 and int(found[2]) == 0, tail
    assert f": {harts} of " in text, tail


@pytest.mark.parametrize("harts, arguments", [row[1:] for row in MACHINES],
                         ids=[row[0] for row in MACHINES])
def test_same_image_passes_self_test(harts, arguments):
    """The kernel finds the machine's harts and keeps every promise there."""
    files = ["-kernel", str(IMAGE), "-initrd", str(BUNDLE), "-append", ARGUMENTS]
    require_passed(run_machine(arguments + files), harts)


def test_time_is_exact_where_instructions_are_counted():
    """Under -icount the host's load changes nothing: budgets of time are held to their exact bounds."""
    files = ["-kernel", str(IMAGE), "-initrd", str(BUNDLE), "-append", ARGUMENTS + " selftest.exact"]
    require_passed(run_machine(MACHINES[0][2] + COUNTED + files), 1)


@pytest.mark.parametrize("mistake, more", [("badge", []), ("words", []), ("float", []), ("time", []),
                                           ("loan", COUNTED), ("block", [])])
def test_self_test_finds_a_planted_mistake(mistake, more):
    """The kernel built with a mistake does not pass."""
    arguments = ARGUMENTS + (" selftest.exact" if more else "")
    files = ["-kernel", str(BUILT / f"planted_{mistake}.image"), "-initrd", str(BUNDLE), "-append", arguments]
    found = RESULT.search(run_machine(MACHINES[0][2] + more + files))
    assert found and int(found[2]) > 0


@pytest.mark.parametrize("harts", [1, 2, 4])
def test_pairs_on_all_harts_get_their_own_answers(harts):
    """One pair of processes a hart, calling each other without a pause: no answer is lost or somebody else's."""
    text = run_machine(["-M", "virt", "-smp", str(harts), "-m", "256M", "-kernel", str(IMAGE), "-initrd", str(PAIRS)],
                       PAIRED)
    found = PAIRED.search(text)
    assert found and int(found[1]) == harts and int(found[2]) > 0 and int(found[3]) == 0, text[-3000:]


def test_a_started_hart_may_arrive_at_the_first_instruction():
    """OpenSBI 1.1 can wake a hart before it knows where to: it comes to the image's start, as the boot hart did."""
    files = ["-kernel", str(BUILT / "planted_late.image"), "-initrd", str(BUNDLE), "-append", ARGUMENTS]
    require_passed(run_machine(MACHINES[1][2] + files), MACHINES[1][1])


@pytest.mark.parametrize("harts, arguments", [row[1:] for row in MACHINES],
                         ids=[row[0] for row in MACHINES])
def test_shipped_bundle_starts_init(harts, arguments):
    """What a device ships starts everywhere; without a display it is headless."""
    files = ["-kernel", str(IMAGE), "-initrd", str(SHIPPED), "-append", ARGUMENTS]
    text = run_machine(arguments + files, STARTED)
    assert f": {harts} of " in text and "init: form: headless, because" in text, text[-3000:]


def boot_disk(path, slots, bundle=BUNDLE):
    """A disk with an extlinux menu whose labels are the slots in order, the first the default."""
    menu = ["timeout 1", f"default {next(iter(slots))}"]
    for name in slots:
        menu += [f"label {name}", f"  kernel /{name}/Image", f"  initrd /{name}/bundle.img",
                 f"  append {ARGUMENTS} slot={name}"]
    folders = {"extlinux": {"extlinux.conf": ("\n".join(menu) + "\n").encode()}}
    for name, image in slots.items():
        folders[name] = {"Image": image, "bundle.img": bundle.read_bytes()}
    write_disk(path, folders)


def run_uboot(disk, until=RESULT):
    """Boot through U-Boot from a virtio disk."""
    return run_machine(["-M", "virt", "-smp", "4", "-m", "1G", "-kernel", UBOOT,
                        "-drive", f"file={disk},format=raw,if=none,id=d0,snapshot=on",
                        "-device", "virtio-blk-device,drive=d0"], until)


def test_uboot_boots_it_from_an_extlinux_disk(tmp_path):
    """Firmware, U-Boot, extlinux.conf, our image and bundle."""
    boot_disk(tmp_path / "disk.img", {"a": IMAGE.read_bytes()})
    require_passed(run_uboot(tmp_path / "disk.img"), 4)


def test_uboot_starts_what_is_shipped(tmp_path):
    """The same, with the bundle that is shipped."""
    boot_disk(tmp_path / "disk.img", {"a": IMAGE.read_bytes()}, SHIPPED)
    text = run_uboot(tmp_path / "disk.img", STARTED)
    assert "init: form: headless, because" in text, text[-3000:]


def test_uboot_falls_back_when_slot_a_is_damaged(tmp_path):
    """An image without its magic is refused, and the other slot boots."""
    image = IMAGE.read_bytes()
    damaged = image[:0x38] + b"\0\0\0\0" + image[0x3C:]
    boot_disk(tmp_path / "disk.img", {"a": damaged, "b": image})
    require_passed(run_uboot(tmp_path / "disk.img"), 4)


def test_missing_bundle_is_a_clear_message():
    """Without an initrd the kernel says so and what to do, and powers off."""
    text = run_machine(["-M", "virt", "-m", "128M", "-kernel", str(IMAGE), "-append", ARGUMENTS])
    assert "PANIC: no boot bundle" in text and "initrd" in text


def test_damaged_bundle_is_a_clear_message(tmp_path):
    """A bundle cut short is refused."""
    cut = tmp_path / "cut.img"
    cut.write_bytes(BUNDLE.read_bytes()[:6000])
    text = run_machine(["-M", "virt", "-m", "128M", "-kernel", str(IMAGE), "-initrd", str(cut),
                        "-append", ARGUMENTS])
    assert "PANIC: the boot bundle is damaged" in text

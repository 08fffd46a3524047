# SPDX-License-Identifier: Apache-2.0
"""Disks that are not what a device hopes for: what is on them is not destroyed, what was confirmed is there or its loss
is told, and a person reads what to do."""
import random
import time
from pathlib import Path

import pytest

from victim import UP_S, running, until

DISK = Path("phone") / "disk.img"
SECTOR, PAGE, MIB = 512, 4096, 1 << 20
NOTE = "A good note"
BLANK = "No notes yet"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A device's folder of its own."""
    monkeypatch.chdir(tmp_path)
    DISK.parent.mkdir()


@pytest.fixture(name="written", scope="module")
def written_disk(tmp_path_factory):
    """A disk with a good note, as bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("written"))
        with running() as phone:
            phone.new_note(NOTE)
            phone.tap("Back")
            until(phone, "the list shows the note", lambda: NOTE in phone.texts())
            phone.stop()
        return DISK.read_bytes()


def told(phone, title):
    """Waits until the person is told, and that nobody died of it; what the screen says."""
    until(phone, f"it says '{title}'", lambda: title in phone.texts())
    assert BLANK not in phone.texts(), "that there are no notes is not known"
    assert all(restarts == 0 for _, restarts, _ in phone.services().values()), phone.log()
    return phone.texts()


def foreign_random():
    """Bytes of somebody."""
    return random.Random(7).randbytes(4 * MIB)


def foreign_fat():
    """What a camera's card begins with: a boot sector, an empty table, an empty folder."""
    boot = bytearray(SECTOR)
    boot[:11], boot[54:62], boot[510:] = b"\xeb\x3c\x90MSDOS5.0", b"FAT16   ", b"\x55\xaa"
    return bytes(boot) + b"\xf8\xff\xff\xff" + bytes(4 * MIB - SECTOR - 4)


@pytest.mark.parametrize("content", [foreign_random(), foreign_fat()], ids=["random", "fat"])
def test_a_disk_of_somebody_else_is_left_alone(content):
    DISK.write_bytes(content)
    with running() as phone:
        assert "Nothing on it was changed" in told(phone, "The disk holds something else")
        phone.tap("New note")
        told(phone, "The disk holds something else")
        phone.stop()
    assert DISK.read_bytes() == content


def flipped(image, *places):
    """The image with one bit changed at each place."""
    bad = bytearray(image)
    for place in places:
        bad[place] ^= 0x10
    return bytes(bad)


def database(image):
    """(where the database begins, its pages)."""
    start = next(at for at in range(0, len(image), SECTOR) if image[at:at + 15] == b"SQLite format 3")
    return start, int.from_bytes(image[start + 28:start + 32], "big")


@pytest.mark.parametrize("copy", [0, 8])
def test_one_damaged_superblock_costs_nothing(written, copy):
    DISK.write_bytes(flipped(written, copy * SECTOR + 40))
    with running() as phone:
        until(phone, "the note is there", lambda: NOTE in phone.texts())


def test_two_damaged_superblocks_are_told(written):
    bad = flipped(written, 40, 8 * SECTOR + 40)
    DISK.write_bytes(bad)
    with running() as phone:
        assert "put in a new disk" in told(phone, "The disk is damaged")
        phone.stop()
    assert DISK.read_bytes() == bad


def test_no_damaged_page_is_silent(written):
    """One bit in each page, one after another: the first, the last and some between."""
    start, pages = database(written)
    assert pages > 4
    for page in {0, pages // 2, pages - 1}:
        DISK.write_bytes(flipped(written, start + page * PAGE + 2000))
        with running() as phone:
            said = until(phone, "the note, or that the disk is damaged", lambda phone=phone: next(
                (text for text in (NOTE, "The disk is damaged") if text in phone.texts()), None))
            if said == NOTE:
                assert BLANK not in phone.texts()
            else:
                told(phone, said)


def double(phone):
    """Doubles the note by copy and paste."""
    for key in ("ctrl-a", "ctrl-c", "ctrl-end", "ctrl-v"):
        phone.key(key)
    time.sleep(0.7)  # it is confirmed, or refused and told


def test_a_full_disk_is_told_and_keeps_what_it_confirmed():
    DISK.write_bytes(bytes(512 * SECTOR))
    with running() as phone:
        phone.new_note(NOTE)
        phone.type("\n" + "0123456789" * 10)
        until(phone, "it is all there", lambda: len(phone.editor()) == len(NOTE) + 101)
        for _ in range(12):
            before = phone.editor()
            double(phone)
            if "The disk is full" in phone.texts():
                break
        until(phone, "it says that the disk is full", lambda: "The disk is full" in phone.texts())
        assert len(before) > 4000 and phone.services()["store"][:2] == ("running", 0)
        phone.kill()
        phone.start()
        phone.wait_up(UP_S)
        phone.tap(NOTE)
        until(phone, "what was confirmed is there", lambda: phone.editor() == before)


def test_without_a_disk_a_person_is_told():
    with running(without=["disk"]) as phone:
        assert "Put one in" in told(phone, "There is no disk")


def test_a_blank_disk_that_cannot_be_written_is_told():
    DISK.write_bytes(bytes(4 * MIB))
    with running(read_only=True) as phone:
        assert "write protection" in told(phone, "The disk cannot be written")


def test_notes_on_a_disk_that_cannot_be_written_are_read(written):
    DISK.write_bytes(written)
    with running(read_only=True) as phone:
        until(phone, "the note is there", lambda: NOTE in phone.texts())
        phone.new_note("This is not kept")
        until(phone, "it says so", lambda: "The disk cannot be written" in phone.texts())
        phone.stop()
    assert DISK.read_bytes() == written

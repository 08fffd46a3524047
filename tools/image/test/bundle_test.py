# SPDX-License-Identifier: Apache-2.0
"""The bundle builder: what it writes is what C reads; the same bytes anywhere; mistakes refused."""
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

BUNDLE = Path(__file__).resolve().parent.parent / "bundle.py"
MANIFEST = """name = "{name}"
priority = 9
memory_kib = 512
stack_kib = 32
[grants]
serial = {{service = "console", restarted = 3, restriction = 5}}
"""
CONSOLE = """name = "console"
priority = 10
memory_kib = 256
restart = "never"
[grants]
uart = {devices = "ns16550a"}
font = {file = "font"}
init = {supervisor = true}
"""
FORM = """[form]
name = "phone"
services = ["console", "notes"]
scale_percent = 150
inputs = ["touch", "keyboard"]
outputs = ["pixels"]
memory_min_mib = 64
needs_display = true
[emulator]
memory_mib = 128
"""


def make_elf(flags=(5, 6), second=0x12000, entry=0x10010, machine=243):
    """A small static program: text of 0x20 bytes at 0x10000, data of 8 + 0x100 zero bytes."""
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 2, machine, 1, entry, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    loads = struct.pack("<IIQQQQQQ", 1, flags[0], 0x100, 0x10000, 0, 0x20, 0x20, 4096)
    loads += struct.pack("<IIQQQQQQ", 1, flags[1], 0x120, second, 0, 8, 0x108, 4096)
    return (header + loads).ljust(0x100, b"\0") + b"\xaa" * 0x20 + b"\xbb" * 8


@pytest.fixture(name="tree")
def make_tree(tmp_path):
    """A folder with two programs, their manifests, a form and a data file."""
    return fill_tree(tmp_path)


def fill_tree(folder):
    """Write the files of a small system."""
    (folder / "init.elf").write_bytes(make_elf())
    (folder / "notes.elf").write_bytes(make_elf(second=0x12ff8))
    (folder / "console.elf").write_bytes(make_elf())
    (folder / "notes.toml").write_text(MANIFEST.format(name="notes"))
    (folder / "console.toml").write_text(CONSOLE)
    (folder / "phone.toml").write_text(FORM)
    (folder / "font").write_bytes(b"glyphs")
    return folder


def run(folder, reverse=False, developer=True):
    """Run the builder as meson does; returns (status, message, bytes)."""
    parts = [["--program", "init", "init.elf"], ["--program", "notes", "notes.elf", "notes.toml"],
             ["--program", "console", "console.elf", "console.toml"],
             ["--data", "font", "font"], ["--form", "phone.toml"]]
    parts = parts[::-1] if reverse else parts
    words = [str(folder / word) if (folder / word).is_file() and word != "font" else word
             for part in parts for word in part]
    words[words.index("--data") + 2] = str(folder / "font")
    out = folder / "out.bundle"
    done = subprocess.run([sys.executable, BUNDLE, "--out", out] + words
                          + (["--developer"] if developer else []),
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stderr, out.read_bytes() if out.exists() else b""


def test_c_reads_what_the_builder_writes(tree):
    """Every field arrives where abi/bundle.h and abi/plan.h expect it."""
    assert run(tree)[0] == 0
    listed = subprocess.run([os.environ["NX_BUNDLE_LIST"], tree / "out.bundle"],
                            capture_output=True, text=True, check=True).stdout.splitlines()
    assert listed == [
        "program init entry 10010 stack 65536",
        "segment 10000 memory 32 protect 5 first aa",
        "segment 12000 memory 264 protect 3 first bb",
        "program console entry 10010 stack 65536",
        "segment 10000 memory 32 protect 5 first aa",
        "segment 12000 memory 264 protect 3 first bb",
        "program notes entry 10010 stack 32768",
        "segment 10000 memory 32 protect 5 first aa",
        "segment 12000 memory 4352 protect 3 first 00",
        "plan developer 1",
        "form phone services 3 scale 150 inputs 5 outputs 1 memory 64 display 1",
        "service console priority 10 memory 256 restart 1",
        "grant uart kind 2 target ns16550a value 0",
        "grant font kind 3 target font value 0",
        "grant init kind 4 target supervisor value 0",
        "service notes priority 9 memory 512 restart 0",
        "grant serial kind 1 target console value 1283",
        "data font size 6"]


def test_two_folders_and_two_orders_give_the_same_bytes(tmp_path):
    """Neither paths nor the order of arguments get into the bundle."""
    first, second = tmp_path / "a", tmp_path / "b" / "deeper"
    first.mkdir()
    second.mkdir(parents=True)
    assert run(fill_tree(first))[2] == run(fill_tree(second), reverse=True)[2]


def test_a_shipped_image_differs_from_a_developer_image(tree):
    """The twin of the test above: a difference that matters does show."""
    assert run(tree)[2] != run(tree, developer=False)[2]


@pytest.mark.parametrize("elf,message", [
    (make_elf(flags=(7, 6)), "writable and executable"),
    (make_elf(second=0x10800), "share a page"),
    (make_elf(entry=0x12000), "no executable segment"),
    (make_elf(machine=62), "not a static RISC-V program"),
    (make_elf()[:0x110], "outside the file"),
    (b"#!/bin/sh", "not a 64-bit little-endian ELF"),
    (b"", "not a 64-bit little-endian ELF")])
def test_programs_that_cannot_be_mapped_are_refused(tree, elf, message):
    """What the device could not load never gets into an image."""
    (tree / "notes.elf").write_bytes(elf)
    status, said, _ = run(tree)
    assert status == 1 and said.startswith("error: image: notes: ") and message in said


@pytest.mark.parametrize("name,old,new,message", [
    ("notes.toml", 'service = "console"', 'service = "consol"', "no service is called `consol`"),
    ("notes.toml", "priority = 9", "priority = 31", "`priority` must be a number from 1 to 30"),
    ("notes.toml", "priority", "prio", "unknown key `prio`"),
    ("notes.toml", "restarted = 3", "restarted = 32", "from 0 to 31"),
    ("notes.toml", 'name = "notes"', 'name = "note"', "its name is not `notes`"),
    ("console.toml", 'file = "font"', 'file = "fonts"', "no data file is called `fonts`"),
    ("console.toml", "supervisor = true", "everything = true", "say exactly one of"),
    ("console.toml", '"never"', '"sometimes"', "`restart` must be one of"),
    ("console.toml", "priority = 10", "priority = 10\ntime_us = 2000", "`time_us` must be [amount, period]"),
    ("console.toml", "priority = 10", "priority = 10\ntime_us = [2000, 1000]", "the amount no more than it"),
    ("console.toml", "priority = 10", "priority = 10\ntime_us = [0, 1000]", "the amount no more than it"),
    ("console.toml", "priority = 10", "priority = 10\ntime_us = [1, 10]", "the period from 100 to"),
    ("console.toml", '"never"', '"faults"', "with a data file `console.faults`"),
    ("console.toml", "uart =", "a_handle_name_that_is_too_long =", "must have 1 to 23 bytes"),
    ("phone.toml", '"touch"', '"toch"', "`toch` is not one of"),
    ("phone.toml", '"console", "notes"', '"notes"', "the form does not run"),
    ("phone.toml", "memory_min_mib", "memory", "unknown key `memory`"),
    ("phone.toml", "[", "", "phone.toml: ")])
def test_mistakes_in_manifests_and_forms_are_named(tree, name, old, new, message):
    """A mistake is one line with the file and what is wrong."""
    text = (tree / name).read_text()
    (tree / name).write_text(text.replace(old, new, 1))
    status, said, _ = run(tree)
    assert status == 1 and said.count("\n") == 1 and message in said

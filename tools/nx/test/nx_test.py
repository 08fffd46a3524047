# SPDX-License-Identifier: Apache-2.0
"""The front door: wrong words get one line with the mend, and its checks catch planted mistakes."""
import subprocess
import sys
from pathlib import Path

import pytest

NX = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(NX))

import image  # noqa: E402
import setup  # noqa: E402
import test as suites  # noqa: E402


def nx(*words, env=None):
    """Run ./nx with words."""
    return subprocess.run([NX.parent.parent / "nx", *words], capture_output=True, text=True,
                          check=False, env=env)


@pytest.mark.parametrize("words,message", [
    (["biuld"], "did you mean `./nx build`?"),
    (["frobnicate"], "./nx help lists all"),
    (["build", "arm"], "usage: ./nx build [host|riscv64]"),
    (["setup", "now"], "usage: ./nx setup"),
    (["test", "hots"], "suites: "),
    (["test", "host", "a", "b"], "one suite and one name"),
    (["test", "--lng"], "usage: ./nx test"),
    (["bench", "speed"], "usage: ./nx bench")])
def test_a_wrong_word_gets_one_line_with_the_mend(words, message):
    """No traceback, no list of everything: what is wrong and what to type instead."""
    done = nx(*words)
    assert done.returncode != 0 and done.stderr.count("\n") == 1 and message in done.stderr


def test_no_word_takes_an_unknown_option():
    """Every word that the help lists: one line with its usage, nothing started, no traceback."""
    words = [line.split()[0] for line in nx("help").stdout.splitlines() if line.startswith("  ")]
    assert len(words) > 15
    for word in words:
        done = nx(word, "--bogus")
        said = done.stderr
        assert word == "help" or (done.returncode in (1, 2) and said.count("\n") == 1), word + said
        assert word == "help" or ("--bogus" in said or "required" in said) and "./nx" in said, said


def test_help_fits_one_screen_and_lists_only_words_that_exist():
    """The help is made from the words themselves."""
    said = nx("help").stdout
    assert len(said.splitlines()) <= 24 and "  build " in said
    assert nx().stdout == said


def test_a_missing_program_names_the_mend(tmp_path):
    """Without meson and friends on the path, the line says what to do."""
    done = nx("build", "host", env={"PATH": str(tmp_path), "HOME": str(tmp_path)})
    assert done.returncode != 0 and "Traceback" not in done.stderr


def test_every_package_has_its_reason():
    """No line of the list is lost to a typing mistake."""
    lines = [line for line in setup.LIST.read_text().splitlines() if line and line[0] != "#"]
    assert len(lines) == len(setup.packages_needed()) >= 10


def test_two_different_images_are_caught():
    """The twin of the image suite: one byte differs, one artefact is missing."""
    good = {name: b"same" for name in image.ARTEFACTS}
    assert {outcome for _, outcome, _ in image.compare(good, good)} == {"passed"}
    planted = good | {image.ARTEFACTS[0]: b"sane"}
    failed = [case for case in image.compare(good, planted) if case[1] == "failed"]
    assert len(failed) == 1 and "byte 0x2" in failed[0][2]
    assert "failed" in {case[1] for case in image.compare({}, good)}


def test_a_suite_that_runs_nothing_or_fails_silently_is_a_failure():
    """The twin of the counting: a crash of the runner never looks like success."""
    assert suites.require_cases([], 0, "x", "")[0][1] == "failed"
    passed = [("a", "passed", "")]
    assert suites.require_cases(passed, 1, "x", "boom")[-1] == ("x", "failed", "boom")
    assert suites.require_cases(passed, 0, "x", "") == passed

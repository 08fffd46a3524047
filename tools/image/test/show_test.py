# SPDX-License-Identifier: Apache-2.0
"""The plan read out of a bundle says what the forms and manifests say."""
import struct
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bundle import PLAN, build_bundle  # noqa: E402
from elf import ImageError  # noqa: E402
from plan import compile_plan  # noqa: E402
from show import show_plan  # noqa: E402

STORE = 'name = "store"\npriority = 16\nmemory_kib = 512\n'
NOTES = ('name = "notes"\npriority = 9\nmemory_kib = 64\nrestart = "never"\n'
         'time_us = [2000, 10000]\n'
         '[grants]\nstore = {service = "store", restarted = 3, restriction = 7}\nfont = {file = "font"}\n')
FORM = ('[form]\nname = "phone"\nservices = ["store", "notes"]\nscale_percent = 150\n'
        'inputs = ["touch"]\noutputs = ["pixels"]\nmemory_min_mib = 64\nneeds_display = true\n')


@pytest.fixture(name="bundle")
def made_bundle(tmp_path):
    """A bundle with a plan of one form and two services."""
    for name, text in (("store", STORE), ("notes", NOTES), ("phone", FORM)):
        (tmp_path / f"{name}.toml").write_text(text)
    plan = compile_plan([(name, tmp_path / f"{name}.toml") for name in ("store", "notes")],
                        [tmp_path / "phone.toml"], {"font": b"x"}, 1)
    return build_bundle([("plan", PLAN, lambda base: plan)])


def test_the_plan_is_printed_as_it_was_declared(bundle):
    assert show_plan(bundle) == [
        "developer image, 1 forms, 2 services",
        "form phone: from 64 MiB, scale 150 %, with a display",
        "    in: touch; out: pixels",
        "    runs: notes store",
        "service notes: priority 9, at most 64 KiB and 2000 us in every 10000, restart never",
        "    store: calls store, narrowed to 7, told on bit 3 of its restart",
        "    font: reads the file font",
        "service store: priority 16, at most 512 KiB, restart always",
    ]


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:70], lambda b: b"x" * len(b),
                                    lambda b: b[:16] + struct.pack("<I", 0) + b[20:], lambda b: b[:4100]])
def test_what_is_no_bundle_is_refused(bundle, damage):
    with pytest.raises(ImageError):
        show_plan(damage(bundle))

# SPDX-License-Identifier: Apache-2.0
"""forms/*.toml as a table in C: what the plan says of each, and the display that the lab gives it.

Usage: forms.py FORM.toml … > forms.inc
"""
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "image"))

import plan  # pylint: disable=wrong-import-position


def row(path):
    """One struct preview_form."""
    form = plan.load_form(path)
    width, height = tomllib.loads(Path(path).read_text(encoding="utf-8"))["emulator"].get("display", [0, 0])
    words = plan.form_row(form | {"services": []}, {})[plan.NAME_MAX:]
    numbers = [int.from_bytes(words[at:at + 4], "little") for at in range(8, len(words), 4)]
    return f'    {{{{"{form["name"]}", 0, {", ".join(map(str, numbers))}}}, {width}, {height}}},'


print("\n".join(row(path) for path in sorted(sys.argv[1:])))

# SPDX-License-Identifier: Apache-2.0
"""The twin of tidy: a small tree that is clean, and one planted violation per rule, each caught."""
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TIDY = Path(__file__).resolve().parent.parent
SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
HASH = "# SPDX-License-Identifier: Apache-2.0\n"
CLEAN = {
    "lib/ring/README.md": "<!-- SPDX-License-Identifier: Apache-2.0 -->\n# Ring\n",
    "lib/ring/ring.h": SPDX + "#pragma once\n\n#include <stdint.h>\n\n"
                              "// Adds two numbers.\nuint32_t ring_add(uint32_t a, uint32_t b);\n",
    "lib/ring/ring.c": SPDX + '#include "ring.h"\n\nuint32_t ring_add(uint32_t a, uint32_t b)\n{\n'
                              "    return a + b; // never strcpy(a, b)\n}\n",
    "lib/ring/ring.py": HASH + "VALUE = 1\n",
}


def body(*lines):
    """A C file with one function of these lines."""
    return SPDX + "void ring_do(int a)\n{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def nested(depth):
    """A function whose control flow nests this deep."""
    return body(*["    " * i + "if (a)" for i in range(depth)], "    " * depth + "a++;")


PLANTED = {
    "spdx": ("lib/ring/more.py", "VALUE = 2\n"),
    "line-length": ("lib/ring/more.py", HASH + "# " + "word " * 24 + "\n"),
    "file-length": ("lib/ring/more.h", SPDX + "#pragma once\n" + "// x\n" * 299),
    "function-length": ("lib/ring/more.c", body(*["a++;"] * 71)),
    "parameters": ("lib/ring/more.h", SPDX + "#pragma once\n"
                   "int ring_six(int a, int b, int c, int d, int e, int f);\n"),
    "nesting": ("lib/ring/more.c", nested(5)),
    "banned": ("lib/ring/more.c", body("strcpy(a, a);")),
    "typedef-struct": ("lib/ring/more.h", SPDX + "#pragma once\ntypedef struct ring ring_t;\n"),
    "dead-code": ("lib/ring/more.c", SPDX + "#if 0\n#endif\n"),
    "todo": ("lib/ring/more.c", SPDX + "// TO" "DO: later\n"),
    "readme": ("lib/box/box.py", HASH),
    "host-path": ("lib/ring/more.py", HASH + "PATH = '/ro" "ot/tree'\n"),
    "layout": ("lib/ring/more.c", SPDX + "int  ring_two ;\n"),
    "header-alone": ("lib/ring/more.h", SPDX + "#pragma once\n"
                     "// Counts.\nuint32_t ring_count(void);\n"),
}
ALLOWED = {
    "function-length": ("lib/ring/more.c", body(*["a++;"] * 70)),
    "parameters": ("lib/ring/more.h", SPDX + "#pragma once\n"
                   "int ring_five(int a, int b, int c, int d, int (*call)(int x, int y));\n"),
    "nesting": ("lib/ring/more.c", nested(4)),
    "todo": ("lib/ring/more.c", SPDX + "// TO" "DO(#12): later\n"),
    "banned": ("lib/ring/more.c", SPDX + '// strcpy(a)\nconst char *ring_text = "gets(x)";\n'),
    "line-length": ("lib/ring/more.py", HASH + "# " + "x" * 120 + "\n"),
    "typedef-struct": ("lib/ring/more.c", SPDX + "// tidy: typedef-struct, because a test\n"
                       "typedef struct ring ring_t;\n"),
}


def tidy(folder, extra):
    """Run tidy over the clean tree and one more file."""
    shutil.copy(TIDY.parent.parent / ".clang-format", folder)
    for name, text in dict([*CLEAN.items(), extra]).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    done = subprocess.run([sys.executable, "-B", TIDY, "--root", folder], capture_output=True,
                          text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.parametrize("rule", PLANTED)
def test_the_planted_violation_is_caught_and_named(tmp_path, rule):
    """Exactly the planted file is reported, under its rule."""
    status, said = tidy(tmp_path, PLANTED[rule])
    assert status == 1 and f"{PLANTED[rule][0].replace('box.py', 'README.md')}:" in said
    assert {line.split(": ")[1] for line in said.splitlines()} == {rule}


@pytest.mark.parametrize("rule", ALLOWED)
def test_what_is_just_allowed_passes(tmp_path, rule):
    """The limit itself, an excuse with its reason, and what only looks like a violation."""
    assert tidy(tmp_path, ALLOWED[rule]) == (0, "")


def test_every_rule_has_its_twin():
    """No rule without a planted violation."""
    sys.path.insert(0, str(TIDY))
    import rules  # pylint: disable=import-outside-toplevel
    assert set(rules.RULES) == set(PLANTED)

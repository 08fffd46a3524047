# SPDX-License-Identifier: Apache-2.0
"""The files that tidy looks at, and C text as its rules need it: with comments and strings blanked,
lines kept, and functions found by the layout that clang-format enforces (braces in column 0)."""
import re
import subprocess
from functools import lru_cache
from pathlib import Path

BLANK = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
TEXT_SUFFIXES = {".c", ".h", ".S", ".ld", ".py", ".js", ".mjs", ".css", ".html", ".md", ".toml",
                 ".ini", ".build", ".txt", ".sh", ".pml", ""}


class Tree:
    """All tracked and new files below a root, as git sees them (or all, outside git)."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others",
                                 "--exclude-standard"], cwd=self.root, capture_output=True,
                                text=True, check=False)
        if listed.returncode == 0 and (self.root / ".git").exists():
            names = [name for name in listed.stdout.split("\0") if name]
        else:
            names = [str(path.relative_to(self.root)) for path in self.root.rglob("*")]
        self.files = sorted(name for name in set(names) if (self.root / name).is_file())

    def named(self, *suffixes):
        """Files with one of the suffixes."""
        return [name for name in self.files if Path(name).suffix in suffixes]

    def texts(self):
        """Files that people write, LICENSE apart."""
        return [name for name in self.files
                if Path(name).suffix in TEXT_SUFFIXES and name != "LICENSE"]

    @lru_cache(maxsize=None)
    def text(self, name):
        """A file's text."""
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    @lru_cache(maxsize=None)
    def code(self, name):
        """A C file's lines with comments, strings and character constants blanked."""
        def blank(match):
            return re.sub(r"[^\n]", " ", match.group())
        return BLANK.sub(blank, self.text(name)).split("\n")


def functions(code):
    """(first line, signature, body lines) of each function definition; lines count from 1."""
    begin = None
    for number, line in enumerate(code, 1):
        if line.rstrip() == "{":
            begin = number
        elif line.rstrip() == "}" and begin is not None:
            first = begin
            while first > 1 and code[first - 2].strip() and not re.search(r"[;}]\s*$|^#",
                                                                          code[first - 2]):
                first -= 1
            yield first, " ".join(code[first - 1:begin - 1]), code[begin:number - 1]
            begin = None


def prototypes(code):
    """(line, declaration) of each function prototype at the outermost level of a header."""
    depth, gathered, first = 0, "", 0
    for number, line in enumerate(code, 1):
        if line.lstrip().startswith("#") or line.endswith("\\"):
            gathered = ""
            continue
        if depth == 0 and not gathered.strip():
            first = number
        depth += line.count("{") - line.count("}")
        gathered += " " + line
        if depth == 0 and re.search(r"[;}]\s*$", line):
            if re.search(r"\w\s*\([^{}]*\)\s*(__attribute__.*)?;\s*$", gathered):
                yield first, gathered
            gathered = ""


def parameter_count(signature):
    """How many parameters a signature's list has."""
    match = re.search(r"\w\s*\(", re.sub(r"__attribute__\s*\(\(.*?\)\)", "", signature))
    if match is None:
        return 0
    depth, count, rest = 0, 0, signature[match.end() - 1:]
    for letter in rest:
        depth += (letter == "(") - (letter == ")")
        count += letter == "," and depth == 1
        if depth == 0:
            break
    inside = rest[1:rest.find(")")].strip()
    return 0 if inside in ("", "void") else count + 1

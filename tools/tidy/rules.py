# SPDX-License-Identifier: Apache-2.0
"""The mechanical rules of style, one function each: it takes a Tree and yields (file, line, text).

RULES lists them all with the name that a report uses. Limits stand at the top. A rule that hurts in
one place is broken there by a line that says so: `tidy: NAME, because …` in a comment on that line
or in the file's first twenty lines.
"""
import ast
import json
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sources import functions, parameter_count, prototypes

FUNCTION_MAX, PARAMETERS_MAX, NESTING_MAX, README_MAX = 70, 5, 4, 60
LINE_MAX, SCRIPT_LINE_MAX = 100, 120  # C, and everything else
FILE_MAX = {".c": 600, ".h": 300, ".py": 600}
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|gets|alloca)\s*\(")
CONTROL = re.compile(r"^( *)(if|for|while|switch|do|else)\b")
TODO = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\s*\(?#\d+)")
HOST_PATH = re.compile(r"(?<![\w.~$}])/(root|home|work|Users)/\w")
SPACED = (".c", ".h", ".S", ".py", ".js", ".mjs", ".sh", ".toml", ".ini", ".build", "")
FOLDERS = ("lib/*/", "drivers/*/*/", "services/*/", "apps/*/")


def spdx(tree):
    """Every file says its licence."""
    for name in tree.texts():
        if "SPDX-License-Identifier:" not in "\n".join(tree.text(name).split("\n")[:3]):
            yield name, 1, "no SPDX-License-Identifier line at the top"


def line_length(tree):
    """Lines of C end by column 100, others by 120, unless one unbreakable word goes past."""
    for name in tree.named(*SPACED):
        if name == "LICENSE":
            continue
        limit = LINE_MAX if name.endswith((".c", ".h", ".S")) else SCRIPT_LINE_MAX
        for number, line in enumerate(tree.text(name).split("\n"), 1):
            line = line.removesuffix("\\").rstrip()
            if len(line) > limit and max(map(len, line.split())) < limit - 20:
                yield name, number, f"{len(line)} columns; {limit} are allowed"


def file_length(tree):
    """A file past its limit holds two nouns."""
    for name in tree.named(*FILE_MAX):
        count, limit = tree.text(name).count("\n"), FILE_MAX[Path(name).suffix]
        if count > limit:
            yield name, limit, f"{count} lines; {limit} are allowed"


def function_length(tree):
    """A function is at most 70 lines, in C and in Python."""
    for name in tree.named(".c", ".h"):
        for first, _, body in functions(tree.code(name)):
            if len(body) > FUNCTION_MAX:
                yield name, first, f"a function of {len(body)} lines; {FUNCTION_MAX} are allowed"
    for name, node in python_functions(tree):
        if node.end_lineno - node.lineno > FUNCTION_MAX:
            yield name, node.lineno, f"`{node.name}` is over {FUNCTION_MAX} lines"


def parameters(tree):
    """More than five parameters want a struct of options."""
    for name in tree.named(".c", ".h"):
        code = tree.code(name)
        found = [(first, text) for first, text, _ in functions(code)]
        found += prototypes(code) if name.endswith(".h") else []
        for first, text in found:
            count = parameter_count(text)
            if count > PARAMETERS_MAX:
                yield name, first, f"{count} parameters; {PARAMETERS_MAX} are allowed"
    for name, node in python_functions(tree):
        count = len(node.args.args) + len(node.args.kwonlyargs)
        if count > PARAMETERS_MAX + 1:
            yield name, node.lineno, f"`{node.name}` has {count} parameters"


def nesting(tree):
    """Control flow nests at most four levels; clang-format indents each by four columns."""
    for name in tree.named(".c", ".h"):
        for first, _, body in functions(tree.code(name)):
            for offset, line in enumerate(body):
                match = CONTROL.match(line)
                if match and len(match.group(1)) > 4 * NESTING_MAX:
                    yield name, first + offset + 1, f"nested deeper than {NESTING_MAX} levels"


def python_functions(tree):
    """(file, node) of each Python function; a file that does not parse is left to its tests."""
    for name in tree.named(".py"):
        try:
            nodes = ast.walk(ast.parse(tree.text(name)))
        except SyntaxError:
            continue
        yield from ((name, node) for node in nodes if isinstance(node, ast.FunctionDef))


def match_code(tree, pattern, text):
    """Lines of C whose code (not comment, not string) matches."""
    for name in tree.named(".c", ".h"):
        for number, line in enumerate(tree.code(name), 1):
            match = pattern.search(line)
            if match:
                yield name, number, text.format(*match.groups())


def banned(tree):
    """Calls that cannot be used safely; meson.build keeps most of them from linking, too."""
    return match_code(tree, BANNED, "`{0}` is banned: use a bounded call")


def typedef_struct(tree):
    """Write `struct x`; typedef only scalars that mean something."""
    return match_code(tree, re.compile(r"^\s*typedef\s+(struct|union|enum)\b"),
                      "typedef of a {0}: write `{0} name`")


def dead_code(tree):
    """No code that is switched off."""
    return match_code(tree, re.compile(r"^\s*#\s*if\s+0\b"), "#if 0: delete it, git remembers")


def todo(tree):
    """What is to do has an issue."""
    for name in tree.named(".c", ".h", ".S", ".py", ".js", ".mjs", ".sh", ".build", ".toml"):
        for number, line in enumerate(tree.text(name).split("\n"), 1):
            match = TODO.search(line) if "re.compile" not in line else None
            if match:
                yield name, number, f"{match.group(1)} without an issue number: write TODO(#12)"


def readme(tree):
    """Each library, driver, service and app says what it is on one page."""
    folders = {match.group() for name in tree.files for pattern in FOLDERS
               if (match := re.match(pattern.replace("*", "[^/]+"), name))}
    for folder in sorted(folders):
        name = folder + "README.md"
        if name not in tree.files:
            yield name, 1, "missing"
        elif tree.text(name).count("\n") > README_MAX:
            yield name, README_MAX, f"over {README_MAX} lines"


def host_path(tree):
    """Nothing of one machine in the tree."""
    for name in tree.texts():
        for number, line in enumerate(tree.text(name).split("\n"), 1):
            if HOST_PATH.search(line):
                yield name, number, "a path of one machine"


def layout(tree):
    """C is laid out as clang-format does it."""
    names = tree.named(".c", ".h")
    if not names:
        return
    done = subprocess.run(["clang-format", "--dry-run"] + names, cwd=tree.root, check=False,
                          capture_output=True, text=True)
    seen = set()
    for match in re.finditer(r"^(\S+?):(\d+):\d+: warning:", done.stderr, re.MULTILINE):
        if match.group(1) not in seen:
            seen.add(match.group(1))
            yield match.group(1), int(match.group(2)), "not as clang-format -i lays it out"


def compile_commands(tree):
    """(source, compiler, flags, folder) of every compilation of both builds."""
    for path in sorted((tree.root / "build").glob("*/compile_commands.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            words = shlex.split(entry["command"])
            source = (Path(entry["directory"]) / entry["file"]).resolve()
            if source.is_relative_to(tree.root):
                keep = [word for index, word in enumerate(words[1:], 1)
                        if word.startswith(("-I", "-isystem", "-D", "-std", "-march", "-mabi"))
                        or word == "-include" or words[index - 1] in ("-isystem", "-include")]
                yield source.relative_to(tree.root).parts, words[0], keep, entry["directory"]


def header_alone(tree):
    """Each header compiles alone, with the flags of one of the nearest sources."""
    commands = list(compile_commands(tree))

    def shared(parts, name):
        pairs = zip(parts, Path(name).parts)
        return next((i for i, (a, b) in enumerate(pairs) if a != b), len(parts))

    def check(name):
        nearest = max((shared(command[0], name) for command in commands), default=0)
        tries = {(compiler, tuple(flags), folder) for parts, compiler, flags, folder in commands
                 if shared(parts, name) == nearest} or {("gcc", (), str(tree.root))}
        for compiler, flags, folder in sorted(tries, key=lambda found: -len(found[1])):
            done = subprocess.run([compiler, "-fsyntax-only", "-w", "-x", "c", *flags, "-include",
                                   str(tree.root / name), "/dev/null"],
                                  cwd=folder, check=False, capture_output=True, text=True)
            if done.returncode == 0:
                return None
        error = next(line for line in done.stderr.split("\n") if "error:" in line)
        return name, 1, "does not compile alone: " + error.split("error:")[1].strip()

    with ThreadPoolExecutor(2) as pool:
        yield from filter(None, pool.map(check, [
            name for name in tree.named(".h") if not name.startswith("third_party/")]))


RULES = {rule.__name__.replace("_", "-"): rule for rule in (
    spdx, line_length, file_length, function_length, parameters, nesting, banned, typedef_struct,
    dead_code, todo, readme, host_path, layout, header_alone)}

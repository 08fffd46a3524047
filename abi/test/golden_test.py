# SPDX-License-Identifier: Apache-2.0
"""The golden dump of the binary interface: every constant, structure, field and list of abi/include as the compiler
sees it, against abi/golden.txt; and docs/syscalls.md against the list of system calls.

Usage: golden_test.py CC [--write]. A changed interface is a conscious change of that file: --write makes it. Planted
changes in a copy of the headers must be noticed in the same run.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ABI = Path(__file__).resolve().parent.parent
INCLUDE = ABI / "include"
GOLDEN = ABI / "golden.txt"
MANUAL = ABI.parent / "docs" / "syscalls.md"
CONSTANT = re.compile(r"#define ([A-Z][A-Z0-9_]+) +(.*\w.*)")
LIST = re.compile(r"#define ([A-Z][A-Z0-9_]+)\((\w)\) (.*)")
ENUM = re.compile(r"enum(?: \w+)? \{(.*?)\}", re.S)
STRUCT = re.compile(r"struct (\w+) \{(.*?)\n\}", re.S)
FIELD = re.compile(r"(\w+)(?:\[[^\]]*\])*(?:,|$)")
NUMBER = re.compile(r"[\w\s()+\-*/<>|&~']+")
PLANTED = [("abi/syscall.h", "S(8, handle_duplicate)", "S(13, handle_duplicate)"),
           ("abi/message.h", "    handle_t handle;\n    uint32_t value;", "    uint32_t value;\n    handle_t handle;"),
           ("abi/types.h", "RIGHT_CALL = 1 << 3", "RIGHT_CALL = 1 << 11"),
           ("abi/ipc/block.h", "M(block, 3, read", "M(block, 6, read")]


def without_comments(text):
    """C text with comments gone and continued lines joined."""
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text.replace("\\\n", " "), flags=re.S)


def statements(text):
    """Lines of C that print what one header says."""
    for match in re.finditer(r"^#define .*", text, re.M):
        found = LIST.match(match[0])
        if found and re.search(rf"\b{found[2]}\(", found[3]):
            yield f'puts("{found[1]}"); {found[1]}(ROW)'
            continue
        found = CONSTANT.match(match[0])
        if found and NUMBER.fullmatch(found[2]) and re.search(r"\d|[A-Z_]{4}", found[2]):
            yield f'NUMBER({found[1]})'
    for match in ENUM.finditer(text):
        for name in re.findall(r"(?:^|,)\s*([A-Z]\w+)(?=\s*(?:=|,|$))", match[1]):
            yield f"NUMBER({name})"
    for name, body in STRUCT.findall(text):
        yield f'printf("struct {name} %zu\\n", sizeof(struct {name}));'
        for member in filter(None, (part.strip() for part in body.split(";"))):
            if "{" in member or "}" in member or "(*" in member or member.startswith("#"):
                continue
            for field in FIELD.findall(member):
                yield f"FIELD({name}, {field})"


def dump(compiler, include):
    """The text of the whole interface."""
    headers = sorted(include.rglob("*.h"))
    lines = ["#include <stdio.h>", "#include <stddef.h>"]
    lines += [f'#include "{header.relative_to(include)}"' for header in headers]
    lines += ['#define ROW(...) puts("  " #__VA_ARGS__);',
              '#define NUMBER(name) printf("%s 0x%llx\\n", #name, (unsigned long long)(name));',
              '#define FIELD(s, f) printf("  %s at %zu, %zu bytes\\n", #f, offsetof(struct s, f), '
              'sizeof(((struct s *)0)->f));', "int main(void) {",
              'puts("# SPDX-License-Identifier: Apache-2.0");']
    for header in headers:
        lines.append(f'puts("\\n{header.relative_to(include)}");')
        lines += statements(without_comments(header.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "dump.c"), Path(folder, "dump")
        source.write_text("\n".join(lines) + "\nreturn 0; }\n", encoding="utf-8")
        done = subprocess.run([*compiler.split(), "-w", "-I", include, "-o", program, source], check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            return "does not compile:\n" + done.stderr
        return subprocess.run([program], check=True, capture_output=True, text=True).stdout


def unnoticed(compiler, golden):
    """Planted changes that leave the dump as it was."""
    for name, before, after in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            for header in INCLUDE.rglob("*.h"):
                copy = Path(folder, header.relative_to(INCLUDE))
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(header.read_bytes())
            text = Path(folder, name).read_text(encoding="utf-8")
            if before not in text:
                yield f"{name}: no longer says {before!r}: plant another change"
                continue
            Path(folder, name).write_text(text.replace(before, after, 1), encoding="utf-8")
            if dump(compiler, Path(folder)) == golden:
                yield f"{name}: {before!r} changed and nobody noticed"


def manual_errors(listed, manual):
    """System calls that the manual lacks, has too many of, or numbers otherwise."""
    said = re.findall(r"^### (\d+) `(\w+)`", manual, re.M)
    for call in listed:
        if call not in said:
            yield f"docs/syscalls.md lacks ### {call[0]} `{call[1]}`"
    for call in said:
        if call not in listed:
            yield f"docs/syscalls.md has {call}, syscall.h has not"
    for name, body in re.findall(r"^### \d+ `(\w+)`[^\n]*\n(.*?)(?=^#|\Z)", manual, re.M | re.S):
        yield from (f"docs/syscalls.md: {name} lacks its line {word}"
                    for word in ("Arguments", "Rights", "Waits", "Errors") if f"- {word}:" not in body)


def first_difference(golden, now):
    """One line on where two dumps part."""
    for was, now_is in zip(golden.splitlines(), now.splitlines()):
        if was != now_is:
            return f"was {was!r}, is {now_is!r}"
    return "one is longer than the other"


def main():
    """0 if nothing changed and everything planted was noticed."""
    compiler, now = sys.argv[1], dump(sys.argv[1], INCLUDE)
    if "--write" in sys.argv:
        GOLDEN.write_text(now, encoding="utf-8")
    golden, troubles = GOLDEN.read_text(encoding="utf-8"), []
    if golden != now:
        troubles.append("the interface changed: " + first_difference(golden, now) +
                        "; if that is meant: python3 abi/test/golden_test.py cc --write")
    troubles += unnoticed(compiler, golden)
    rows = golden[golden.index("SYSCALL_LIST\n"):].split("\n")[1:]
    listed = []
    for row in rows:
        found = re.fullmatch(r"  (\d+), (\w+)", row)
        if not found:
            break
        listed.append(found.groups())
    manual = MANUAL.read_text(encoding="utf-8")
    troubles += manual_errors(listed, manual)
    if not list(manual_errors(listed[1:], manual)) or not list(manual_errors(listed, manual.replace("- Waits", "", 1))):
        troubles.append("a planted mistake in the manual is not found")
    for trouble in troubles:
        print(trouble)
    print(f"proof: abi_golden seeds 1 count {golden.count(chr(10))} failures {len(troubles)}")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())

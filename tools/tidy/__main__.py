# SPDX-License-Identifier: Apache-2.0
"""Check the mechanical rules of style over a tree; prints FILE:LINE: RULE: TEXT, status 1 if any.

  python3 tools/tidy [--root FOLDER] [--junit FILE] [RULE…]
"""
import argparse
import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

from rules import RULES
from sources import Tree


def excused(tree, name, line, rule):
    """Whether the file's head or the line itself says why this rule is broken here."""
    if not (tree.root / name).is_file():
        return False
    lines = tree.text(name).split("\n")
    near = lines[:20] + lines[max(0, line - 2):line]
    return any(re.search(rf"tidy: {rule}, because \w", text) for text in near)


def write_junit(path, found):
    """One test case a rule, with its violations as the failure's text."""
    suite = xml.Element("testsuite", name="tidy", tests=str(len(found)))
    for rule, lines in found.items():
        case = xml.SubElement(suite, "testcase", name=rule, classname="tidy")
        if lines:
            failure = xml.SubElement(case, "failure", message=f"{len(lines)} places")
            failure.text = "\n".join(lines)
    xml.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def main():
    """Run the rules."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--junit", type=Path)
    parser.add_argument("rules", nargs="*", help=f"one of {' '.join(RULES)}; all by default")
    options = parser.parse_args()
    unknown = [rule for rule in options.rules if rule not in RULES]
    if unknown:
        parser.error(f"no rule is called `{unknown[0]}`; rules: {' '.join(RULES)}")
    tree = Tree(options.root)
    found = {}
    for rule in options.rules or RULES:
        found[rule] = [f"{name}:{line}: {rule}: {text}" for name, line, text in RULES[rule](tree)
                       if not excused(tree, name, line, rule)]
        print("".join(line + "\n" for line in found[rule]), end="")
    if options.junit:
        write_junit(options.junit, found)
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

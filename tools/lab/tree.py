# SPDX-License-Identifier: Apache-2.0
"""Reading what a device says about its interface: the tree of a screen, and the text of a terminal.

A screen's tree has one node a line, indented by depth: a role, the name in quotes, states, the rectangle in pixels, and
what it describes and holds:

    listitem "Groceries" selected focusable [0,96 540x84] description="Milk, rye bread"
"""

import re
from dataclasses import dataclass

QUOTED = r'"((?:[^"\\]|\\.)*)(?:"|$)'
NODE = re.compile(rf"^( *)(\S+) {QUOTED}((?: [a-z]+)*) \[(-?\d+),(-?\d+) (\d+)x(\d+)\](.*)$")
FACT = re.compile(rf" (description|value)={QUOTED}")
ACTS = {"button", "tab", "listitem", "key", "switch", "textbox", "searchbox"}
ROW = re.compile(r"^[> ] *(\d+)  (.*)$")
KEY = re.compile(r"\[(.)\] (.+?)!?(?=  |$)")


@dataclass
class Node:
    """One thing a person could point at."""

    depth: int
    role: str
    name: str
    states: frozenset
    rect: tuple  # x, y, width, height in pixels
    description: str = ""
    value: str = ""

    @property
    def middle(self):
        """Where a finger goes."""
        x, y, width, height = self.rect
        return x + width / 2, y + height / 2


def unquote(text):
    """What stood in quotes, as it was."""
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text)


def parse(lines):
    """The nodes of a tree, in order; lines that are none are left out."""
    nodes = []
    for match in filter(None, map(NODE.match, lines)):
        facts = {name: unquote(text) for name, text in FACT.findall(match[9])}
        nodes.append(Node(len(match[1]) // 2, match[2], unquote(match[3]), frozenset(match[4].split()),
                          tuple(int(match[part]) for part in range(5, 9)), **facts))
    return nodes


def rank(node, label):
    """How well a node is what a person means by `label`: smaller is better, None is not at all."""
    name, wanted = node.name.split("\n")[0].lower(), label.lower()
    if "disabled" in node.states or not wanted:
        return None
    if node.name == label:
        closeness = 0
    elif name == wanted:
        closeness = 1
    elif name.startswith(wanted):
        closeness = 2
    else:
        return None
    return ("offscreen" in node.states, closeness, not (node.role in ACTS or "focusable" in node.states))


def find(nodes, label):
    """The node a person means by `label`, or None."""
    ranked = [(rank(node, label), place) for place, node in enumerate(nodes)]
    return min(((*order, nodes[place]) for order, place in ranked if order is not None),
               key=lambda entry: entry[:3], default=(None,))[-1]


def screenful(text):
    """The last interface that a terminal printed, as lines."""
    lines = text.replace("\r", "").split("\n")
    starts = [place for place, line in enumerate(lines) if line.removeprefix("> ").startswith("== ")]
    return [lines[starts[-1]].removeprefix("> "), *lines[starts[-1] + 1:]] if starts else []


def is_whole(lines):
    """Whether a screenful has been printed to its end, which is the prompt."""
    return any(line.startswith("> ") and not ROW.match(line) for line in lines[1:])


def keys_for(lines, label):
    """What to type on a terminal to choose what is labelled so, or None."""
    wanted = label.lower()
    if lines:
        apps = [app.strip("[] ") for app in lines[0].strip("= ").split(" ==")[0].split(" | ")]
        current = next((i for i, app in enumerate(lines[0].split(" | ")) if "[" in app), 0)
        if label in apps:
            return ".\n" * ((apps.index(label) - current) % len(apps)) or "\n"
    for line in lines[1:]:
        row = ROW.match(line)
        if row and row[2].split("  ")[0].strip().lower().startswith(wanted):
            return row[1] + "\n"
        for key, title in KEY.findall(line):
            if title.lower().startswith(wanted):
                return key + "\n"
    return None

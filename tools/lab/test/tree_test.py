# SPDX-License-Identifier: Apache-2.0
"""What devices say is read as they mean it: trees, terminals, and framed answers among other text."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import tree  # noqa: E402
from console import Filter  # noqa: E402

SCREEN = [
    'application "Notes" [0,0 540x1170]',
    '  heading "Notes" [0,40 540x60]',
    '  tab "Notes" selected focusable [0,1100 270x70]',
    '  tab "Devices" focusable [270,1100 270x70]',
    '  listitem "A \\"quoted\\" note" focusable [0,200 540x84] description="first line"',
    '  listitem "Far away" focusable offscreen [0,2000 540x84]',
    '  button "Delete" disabled [0,300 90x40]',
    '  textbox "Text" focused editable focusable [0,400 540x300] value="one\\ntwo \\\\ three"',
]
TERMINAL = """\
== Notes | [Devices] == phone

>  1  phone                    This device
   2  desktop                  Nearby, not yours
-- desktop
[number] open  [p] Pair  [r] Remove!  [.] next app
""".split("\n")


def test_a_tree_is_read_whole():
    nodes = tree.parse(SCREEN)
    assert [node.role for node in nodes] == [line.split()[0] for line in SCREEN]
    assert nodes[4].name == 'A "quoted" note' and nodes[4].description == "first line"
    assert nodes[7].value == "one\ntwo \\ three" and nodes[7].rect == (0, 400, 540, 300)
    assert nodes[1].depth == 1 and "focused" in nodes[7].states


def test_a_line_that_is_no_node_is_left_out():
    assert tree.parse(["", "ERR", 'button "Broken [0,0 1x1]', 'button "No place"']) == []


def test_a_label_finds_what_acts_before_what_is_written():
    assert tree.find(tree.parse(SCREEN), "Notes").role == "tab"
    assert tree.find(tree.parse(SCREEN), "far").name == "Far away"


def test_what_is_disabled_or_absent_is_not_found():
    nodes = tree.parse(SCREEN)
    assert tree.find(nodes, "Delete") is None and tree.find(nodes, "Nothing") is None and tree.find(nodes, "") is None


def test_a_terminal_says_what_to_type():
    assert tree.keys_for(TERMINAL, "desktop") == "2\n"
    assert tree.keys_for(TERMINAL, "Pair") == "p\n" and tree.keys_for(TERMINAL, "Remove") == "r\n"
    assert tree.keys_for(TERMINAL, "Notes") == ".\n"
    assert tree.keys_for(TERMINAL, "Nothing") is None and tree.keys_for([], "Notes") is None


def test_the_newest_screenful_counts():
    text = "log\r\n== [Notes] == a\r\n one\r\n> == [Notes] == a\r\n two\r\n"
    assert tree.screenful(text) == ["== [Notes] == a", " two", ""]
    assert tree.screenful("nothing") == []


def test_a_screenful_ends_with_the_prompt():
    lines = ["== [Notes] == a", ">  1  Groceries"]
    assert not tree.is_whole([]) and not tree.is_whole(lines[:1]) and not tree.is_whole(lines)
    assert tree.is_whole(lines + ["> "]) and tree.is_whole(lines + ["> half a li", ""])


def feed(pieces):
    """What a filter lets through, and the answers it takes out."""
    answers = []
    made = Filter(lambda *answer: answers.append(answer))
    return b"".join(made.feed(piece) for piece in pieces), answers


def test_answers_are_taken_out_however_the_bytes_arrive():
    stream = b"log line\r\n> \r\n~begin ps\r\nname\r\n ~odd\r\n~end OK\r\nmore\r\n"
    for size in (1, 2, 3, 7, len(stream)):
        visible, answers = feed([stream[i:i + size] for i in range(0, len(stream), size)])
        assert visible == b"log line\r\n> \r\nmore\r\n"
        assert answers == [("ps", "OK", ["name", " ~odd"])]


def test_a_prompt_is_shown_before_its_line_ends():
    assert feed([b"> "])[0] == b"> "


def test_a_frame_that_never_began_is_text():
    visible, answers = feed([b"~end OK\n", b"x ~begin ps\n"])
    assert visible == b"~end OK\nx ~begin ps\n" and answers == []

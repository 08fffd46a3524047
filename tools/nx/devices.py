# SPDX-License-Identifier: Apache-2.0
"""`tree`, `tap`, `type`, `key`, `shot`, `log`, `ps`, `set`, `kill`, `net`, `power`: the devices of a running lab.

Each word is one request to the lab's control socket; tools/lab/words.py does it. A device is named first, or not at all
when one is on.
"""
import os
import sys

import labs
from common import BUILD, TOOLS, Misuse, Trouble, say

import crash
import control  # (labs puts tools/lab on the path)

sys.path.append(str(TOOLS / "image"))

from elf import ImageError, elf_functions  # noqa: E402  (the path above comes first)
from show import show_plan  # noqa: E402


def answer_of(folder, word, arguments):
    """One request; the answer's lines."""
    folder = folder.resolve()
    labs.facts(folder)
    try:
        answer = control.ask(folder, word, arguments)
    except control.Refused as refused:
        raise (Misuse if refused.status == 2 else Trouble)(str(refused)) from refused
    except OSError as error:
        raise Trouble(f"the lab in {labs.shown(folder)} does not answer ({error.strerror or error}): "
                      "./nx stop, then ./nx lab") from error
    return answer.get("lines", [])


def ask(folder, word, arguments):
    """One request; prints the answer's lines."""
    for line in answer_of(folder, word, arguments):
        say(line)


def word(name, usage, least=0):
    """The function of a word that passes its arguments on."""
    def ask_word(arguments):
        made = labs.parser(usage)
        made.add_argument("words", nargs="*")
        options = made.parse_args(arguments)
        if len(options.words) < least:
            raise Misuse(f"usage: ./nx {usage}")
        ask(options.dir, name, options.words)
    ask_word.__doc__ = f"The word `{name}`."
    return ask_word


def find_program(name):
    """The program of a service in the build, with its functions; None if it is not built."""
    for group in ("services", "drivers", "apps"):
        for path in (BUILD / "riscv64" / group).rglob(name):
            if path.is_file():
                return crash.Program(path, elf_functions(path.read_bytes()))
    return None


def log(arguments):
    """The word `log`: what a crash left is explained from the build."""
    made = labs.parser("log [DEVICE] [LINES]")
    made.add_argument("words", nargs="*")
    options = made.parse_args(arguments)
    for line in crash.explain(answer_of(options.dir, "log", options.words), find_program):
        say(line)


def shot(arguments):
    """The word `shot`: the file is named from here, not from the lab."""
    usage = "shot [DEVICE] FILE.png"
    made = labs.parser(usage)
    made.add_argument("words", nargs="+")
    options = made.parse_args(arguments)
    words = options.words[:-1] + [os.path.abspath(options.words[-1])]
    if not os.path.isdir(os.path.dirname(words[-1])):
        raise Trouble(f"there is no folder {os.path.dirname(words[-1])}: make it first")
    ask(options.dir, "shot", words)


def ps(arguments):
    """The word `ps`; `--plan` prints what the image declares, without a device."""
    made = labs.parser("ps [DEVICE] | --plan")
    made.add_argument("words", nargs="*")
    made.add_argument("--plan", action="store_true")
    options = made.parse_args(arguments)
    if not options.plan:
        ask(options.dir, "ps", options.words)
        return
    bundle = BUILD / "riscv64" / "tools" / "image" / "bundle.img"
    if not bundle.exists():
        raise Trouble("the image is not built: ./nx build riscv64 makes it")
    try:
        lines = show_plan(bundle.read_bytes())
    except ImageError as error:
        raise Trouble(f"{labs.shown(bundle)}: {error}: ./nx build riscv64 makes it anew") from error
    for line in lines:
        say(line)


def entry(name, usage, summary, least=0):
    """A row of WORDS."""
    return name, (usage, summary, word(name, usage, least))


WORDS = dict([
    entry("tree", "tree [DEVICE]", "the interface of a device as text"),
    entry("tap", 'tap [DEVICE] "LABEL"', "tap or click what is labelled so", 1),
    entry("type", 'type [DEVICE] "TEXT"', "type on its keyboard, or on the terminal of one without a screen", 1),
    entry("key", "key [DEVICE] KEY", "press a key or a chord: enter, escape, ctrl-n", 1),
    ("shot", ("shot [DEVICE] FILE.png", "what its screen shows", shot)),
    ("log", ("log [DEVICE] [LINES]", "the newest lines of its log; crashes with functions and lines", log)),
    ("ps", ("ps [DEVICE] | --plan", "what runs; what the image's plan says of every form and service", ps)),
    entry("set", "set [DEVICE] NAME VALUE", "dark, contrast, rtl, still or moving 0|1, text 85 to 200", 2),
    entry("kill", "kill [DEVICE] SERVICE", "end a service as a crash would", 1),
    entry("net", "net [cut|heal|loss=%|delay=MS|jitter=MS] [DEVICE]", "the network between the devices"),
    entry("power", "power [DEVICE] on|off|cut|restart", "its power button; cut: the battery falls out", 1),
])

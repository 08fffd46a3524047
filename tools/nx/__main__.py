# SPDX-License-Identifier: Apache-2.0
"""Dispatch the words of ./nx.

Every module in this folder that has a table WORDS adds words:
  WORDS = {"build": ("build [host|riscv64]", "what it does, in a line", function)}
The function takes the list of arguments and returns the exit status (None is 0). A word exists, in
the help too, exactly when a module defines it; ORDER only says how the help lists them.
"""
import difflib
import importlib
import pkgutil
import sys
from pathlib import Path

from common import Misuse, Trouble

ORDER = ["setup", "build", "run", "lab", "stop", "test", "bench", "help", "tree", "tap", "type",
         "key", "shot", "log", "ps", "top", "trace", "kill", "power", "net", "preview"]


def load_words():
    """All words, in the order of the help."""
    words = {"help": ("help", "this page", None)}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name != "__main__":
            words |= getattr(importlib.import_module(module.name), "WORDS", {})
    rank = {word: place for place, word in enumerate(ORDER)}
    return dict(sorted(words.items(), key=lambda item: (rank.get(item[0], len(rank)), item[0])))


def print_help(words):
    """All words on one screen."""
    print("./nx WORD …: everything there is to do here; docs/hacking.md has the first change in ten minutes\n")
    width = max(len(usage) for usage, _, _ in words.values())
    for usage, summary, _ in words.values():
        print(f"  {usage:{width}}  {summary}")

def main():
    """Run one word; trouble is one line and status 1, a wrong word status 2."""
    words = load_words()
    word, arguments = (sys.argv[1:] or ["help"])[0], sys.argv[2:]
    if word in ("help", "-h", "--help"):
        print_help(words)
        return 0
    if word not in words:
        near = difflib.get_close_matches(word, words, 1)
        hint = f"did you mean `./nx {near[0]}`? " if near else ""
        print(f"nx: `{word}` is not a word here: {hint}./nx help lists all", file=sys.stderr)
        return 2
    try:
        return words[word][2](arguments) or 0
    except Trouble as trouble:
        print(f"nx {word}: {trouble}", file=sys.stderr)
        return 2 if isinstance(trouble, Misuse) else 1
    except KeyboardInterrupt:
        print(f"nx {word}: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""`test`: run suites, cheapest first, and add up their results.

A suite is an entry of SUITES, or any folder tests/NAME/ with *_test.py files, which pytest runs on
the built image. Each leaves its results in build/test/NAME.xml (JUnit), and all of them together in
build/test/summary.json. `--long` sets NX_LONG=1 and adds meson's suite `long`.
"""
import json
import os
import shutil
import sys
import time
import xml.etree.ElementTree as xml
from collections import Counter

import build
import image
import setup
from common import BUILD, ROOT, TOOLS, Trouble, run, say

RESULTS = BUILD / "test"
USAGE = "test [SUITE [NAME]] [--long]"
ORDER = ["tidy", "tools", "host", "image", "proofs", "system", "lab", "interop"]


def junit_cases(path):
    """(name, outcome, text) of every case in a JUnit file."""
    if not path.exists():
        return []
    found = []
    for case in xml.parse(path).getroot().iter("testcase"):
        kinds = {child.tag: child for child in case}
        bad = kinds.get("failure", kinds.get("error"))
        outcome = "failed" if bad is not None else "skipped" if "skipped" in kinds else "passed"
        text = "" if bad is None else (bad.get("message") or "") + "\n" + (bad.text or "")
        found.append((case.get("name"), outcome, text.strip()))
    return found


def ledger_lines(path):
    """What proofs printed about themselves: `proof: NAME seeds N count N failures N`."""
    if not path.exists():
        return []
    texts = [out.text or "" for out in xml.parse(path).getroot().iter("system-out")]
    return [line for text in texts for line in text.split("\n") if line.startswith("proof: ")]


def require_cases(cases, status, what, output):
    """A suite that ran nothing, or failed without saying where, is itself a failure."""
    if not cases or (status != 0 and not any(case[1] == "failed" for case in cases)):
        return cases + [(what, "failed", output.strip()[-2000:] or "no test ran")]
    return cases


def run_pytest(folders, suite, name, environment):
    """Run pytest on folders."""
    out = RESULTS / f"{suite}.xml"
    done = run([sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider",
                f"--junitxml={out}", "-o", f"junit_suite_name={suite}",
                "-o", "junit_logging=system-out"]
               + (["-k", name] if name else []) + sorted(folders), env=environment)
    return require_cases(junit_cases(out), done.returncode, suite, done.stdout + done.stderr)


def suite_tidy(name, environment):
    """The rules of style over the whole tree; headers compile with the flags of both builds."""
    for target in build.OPTIONS:
        build.configure(target, BUILD / target)
    done = run([sys.executable, "-B", TOOLS / "tidy", "--junit", RESULTS / "tidy.xml"]
               + ([name] if name else []), env=environment)
    return require_cases(junit_cases(RESULTS / "tidy.xml"), done.returncode, "tidy",
                         done.stdout + done.stderr)


def suite_tools(name, environment):
    """Tests of the host programs, the checkers' planted mistakes among them."""
    build.build_target("host")
    folders = {path.parent for path in TOOLS.glob("*/test/*_test.py")}
    listing = BUILD / "host" / "tools" / "image" / "bundle_list"
    return run_pytest(folders, "tools", name, environment | {"NX_BUNDLE_LIST": str(listing)})


def suite_host(name, environment):
    """Every noun and service on the host, under sanitizers."""
    build.build_target("host")
    suites = ["--suite", "host"] + (["--suite", "long"] if "NX_LONG" in environment else [])
    done = run(["meson", "test", "-C", BUILD / "host", "--no-rebuild"]
               + ([name] if name else []) + suites, env=environment)
    made = BUILD / "host" / "meson-logs" / "testlog.junit.xml"
    if not made.exists():
        raise Trouble(f"no test of host is named {name}: 'meson test -C build/host --list' names them")
    shutil.copyfile(made, RESULTS / "host.xml")
    return require_cases(junit_cases(made), done.returncode, "host", done.stdout + done.stderr)


def suite_image(name, environment):
    """The device image is the same bytes from two folders."""
    del environment
    return [case for case in image.check_reproducible() if not name or name in case[0]]


def folder_suite(folder):
    """The suite of a folder tests/NAME/."""
    def suite(name, environment):
        build.build_target("host")
        build.build_target("riscv64")
        return run_pytest([folder], folder.name, name, environment)
    suite.__doc__ = f"tests/{folder.name}"
    return suite


def suites():
    """All suites, cheapest first."""
    found = {"tidy": suite_tidy, "tools": suite_tools, "host": suite_host, "image": suite_image}
    for folder in sorted((ROOT / "tests").glob("*/")):
        if any(folder.glob("*_test.py")):
            found[folder.name] = folder_suite(folder)
    rank = {name: place for place, name in enumerate(ORDER)}
    return dict(sorted(found.items(), key=lambda item: (rank.get(item[0], len(rank)), item[0])))


def show(suite, cases, seconds):
    """Print the failures of a suite and one line for it; returns its counts."""
    count = Counter(outcome for _, outcome, _ in cases)
    for name, outcome, text in cases:
        if outcome == "failed":
            say(f"FAILED {suite}: {name}")
            say("\n".join("    " + line for line in text.split("\n")[-40:]))
        elif outcome == "skipped":
            say(f"skipped {suite}: {name}")
    say(f"{suite:10} {count['passed']} passed, {count['failed']} failed ({seconds:.0f} s)")
    return count


def parse(arguments, known):
    """(suites to run, name within the suite, environment)."""
    words = [word for word in arguments if word != "--long"]
    for word in words:
        if word.startswith("-") or (word == words[0] and word not in known):
            raise Trouble(f"`{word}` is not known here; usage: ./nx {USAGE}; suites: "
                          + " ".join(known))
    if len(words) > 2:
        raise Trouble(f"one suite and one name at a time; usage: ./nx {USAGE}")
    environment = dict(os.environ)
    if "--long" in arguments:
        environment["NX_LONG"] = "1"
    return words[:1] or list(known), (words[1:] or [None])[0], environment


def test(arguments):
    """The word `test`."""
    known = suites()
    chosen, name, environment = parse(arguments, known)
    setup.ensure()
    RESULTS.mkdir(parents=True, exist_ok=True)
    total, summary = Counter(), {}
    for suite in chosen:
        (RESULTS / f"{suite}.xml").unlink(missing_ok=True)
        began = time.monotonic()
        say(f"test: {suite}")
        try:
            cases = known[suite](name, environment)
        except Trouble as trouble:
            cases = [(suite, "failed", str(trouble))]
        total += show(suite, cases, time.monotonic() - began)
        for line in ledger_lines(RESULTS / f"{suite}.xml"):
            say(line)
        summary[suite] = {case: outcome for case, outcome, _ in cases}
    (RESULTS / "summary.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")
    say(f"{total['passed']} passed, {total['failed']} failed")
    return 1 if total["failed"] or not total["passed"] else 0


WORDS = {"test": (USAGE, "run the suites (docs/hacking.md lists them)", test)}

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replay editing traces with doc_trace_bench and check the sizes Yjs reaches.

  traces.py TRACE_BENCH     exit 0: right; 77: no traces here

NX_TRACES names the folder of the traces (name.json.gz, the format of josephg/editing-traces). Without it the
benchmark's own seeded trace runs.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SKIP = 77
# Bytes of the full state and of all transaction updates, measured with Yjs 13.6.33: client 1, one transaction each.
YJS = {
    "sveltecomponent": (62100, 400726),
    "rustcode": (168504, 1165677),
    "seph-blog1": (217670, 2461620),
    "automerge-paper": (223411, 3828795),
}


def convert(path, file):
    """Write a trace as the lines doc_trace_bench reads."""
    trace = json.loads(gzip.decompress(path.read_bytes()))
    for transaction in trace["txns"]:
        for position, deleted, text in transaction["patches"]:
            for raw, escaped in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
                text = text.replace(raw, escaped)
            file.write(f"{position} {deleted} {text}\n")
        file.write(".\n")
    file.flush()


def replay(bench, path):
    """Run one trace; True when the sizes are those of Yjs."""
    with tempfile.NamedTemporaryFile("w", suffix=".trace", encoding="utf-8") as file:
        convert(path, file)
        result = subprocess.run([bench, file.name], capture_output=True, text=True, check=False)
    name = path.name.removesuffix(".json.gz")
    print(name, result.stdout.strip(), result.stderr.strip())
    words = result.stdout.split()
    fields = dict(zip(words[::2], words[1::2]))
    sizes = (int(fields.get("state", 0)), int(fields.get("updates", 0)))
    return result.returncode == 0 and YJS.get(name, sizes) == sizes


def main():
    """Every trace in the folder, or the seeded one."""
    bench = sys.argv[1]
    folder = os.environ.get("NX_TRACES")
    paths = sorted(Path(folder).glob("*.json.gz")) if folder else []
    if not paths:
        print(subprocess.run([bench], capture_output=True, text=True, check=False).stdout)
        return SKIP
    return 0 if all([replay(bench, path) for path in paths]) else 1


if __name__ == "__main__":
    sys.exit(main())

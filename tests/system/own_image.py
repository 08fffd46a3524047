# SPDX-License-Identifier: Apache-2.0
"""Images of a test's own: the programs and data files of the built one, and what the test adds."""
import re
import shutil
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "riscv64"
sys.path.insert(0, str(ROOT / "tools" / "image"))

import bundle  # pylint: disable=wrong-import-position


def data_files(image):
    """The data files of a built bundle: name → bytes."""
    first, size = bundle.HEADER_BYTES, bundle.ENTRY_BYTES
    for at in range(first, first + size * int.from_bytes(image[16:20], "little"), size):
        name, kind, _, offset, length, _ = bundle.struct.unpack_from("<32sIIQQQ", image, at)
        if kind == bundle.DATA:
            yield name.rstrip(b"\0").decode(), image[offset:offset + length]


def shipped_programs():
    """(name, ELF, manifest) of every program of the build; init has none."""
    yield "init", BUILT / "services" / "init" / "init", None
    for folder in ("services", "drivers", "apps"):
        for path in sorted([*(ROOT / folder).glob("**/service.toml"), *(ROOT / folder).glob("**/app.toml")]):
            name = re.search(r'^name = "(\w+)"', path.read_text(), re.M)[1]
            elf = BUILT / path.parent.relative_to(ROOT) / name
            if elf.exists():
                yield name, elf, path


def make_image(folder, programs, form, data=(), kernel="Image"):
    """Image and bundle.img in a folder: shipped programs, unless one of that name is among `programs`, and those; one
    form, as text; data files as (name, bytes) beside the shipped ones."""
    chosen = {name: words for name, *words in [*shipped_programs(), *programs]}
    (folder / "form.toml").write_text(form)
    files = []
    for name, content in [*data_files((BUILT / "tools" / "image" / "bundle.img").read_bytes()), *data]:
        (folder / name).write_bytes(content)
        files.append((name, folder / name))
    options = types.SimpleNamespace(
        program=[[name, *(str(word) for word in words if word)] for name, words in chosen.items()],
        data=files, form=[str(folder / "form.toml")], developer=True)
    (folder / "bundle.img").write_bytes(bundle.build_bundle(bundle.collect(options)))
    shutil.copyfile(BUILT / "kernel" / kernel, folder / "Image")
    return str(folder)

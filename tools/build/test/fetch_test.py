# SPDX-License-Identifier: Apache-2.0
"""Fetching pinned files: nothing but the pinned bytes is ever used, and trouble names the mend."""
import hashlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import fetch  # noqa: E402
import third_party  # noqa: E402

BYTES = b"the pinned file"
PIN = {"name": "box_1.0.orig.tar.gz", "sha256": hashlib.sha256(BYTES).hexdigest(),
       "debian": "pool/main/b/box/box_1.0.orig.tar.gz"}


@pytest.fixture(name="mirror")
def make_mirror(tmp_path, monkeypatch):
    """An empty cache, a mirror folder, and no network."""
    (tmp_path / "mirror").mkdir()
    monkeypatch.setenv("NX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NX_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("OFFLINE", "1")
    return tmp_path / "mirror"


def test_a_file_of_the_mirror_is_kept_under_its_hash(mirror):
    """Once fetched, the mirror is not asked again."""
    (mirror / PIN["name"]).write_bytes(BYTES)
    kept = fetch.fetch(PIN)
    assert kept.name == PIN["sha256"] and kept.read_bytes() == BYTES
    (mirror / PIN["name"]).unlink()
    assert fetch.fetch(PIN) == kept


def test_changed_bytes_are_refused_and_not_kept(mirror):
    """The planted file: one byte differs."""
    (mirror / PIN["name"]).write_bytes(BYTES + b"!")
    with pytest.raises(fetch.Trouble, match="does not have the pinned sha256"):
        fetch.fetch(PIN)
    assert not any((fetch.cache_dir() / "files").iterdir())


def test_a_damaged_cache_is_fetched_again(mirror):
    """What lies in the cache is verified, too."""
    (mirror / PIN["name"]).write_bytes(BYTES)
    fetch.fetch(PIN).write_bytes(b"damaged")
    assert fetch.fetch(PIN).read_bytes() == BYTES


def test_offline_says_what_is_missing(mirror):
    """One line with the file and the mend."""
    assert not any(mirror.iterdir())
    with pytest.raises(fetch.Trouble, match=r"box_1\.0\.orig\.tar\.gz .* OFFLINE is set"):
        fetch.fetch(PIN)


def test_a_superseded_file_stops_the_build(mirror, monkeypatch):
    """Never built without its patches: the message names the file and what to do."""
    del mirror
    monkeypatch.delenv("OFFLINE")
    monkeypatch.setattr(fetch, "debian_mirrors", lambda: ["file:/nowhere"])
    with pytest.raises(fetch.Trouble, match="superseded.*pin its successor"):
        fetch.fetch(PIN)


def test_every_pinned_file_has_a_hash_and_a_place():
    """The recipes of this tree are complete."""
    for name in third_party.recipe_names():
        for pin in third_party.recipe_load(name)["file"]:
            assert len(pin["sha256"]) == 64 and ("debian" in pin) != ("npm" in pin)


def test_a_result_depends_on_recipe_and_target_but_not_on_comments(tmp_path, monkeypatch):
    """What decides the bytes changes the key; a comment does not."""
    box = tmp_path / "box"
    box.mkdir()
    monkeypatch.setattr(third_party, "RECIPES", tmp_path)
    monkeypatch.setitem(third_party.TARGETS["riscv64"], "libc", None)

    def key(text, target="host"):
        (box / "recipe.toml").write_text(text + '[[file]]\nname = "x"\n')
        return third_party.recipe_key(third_party.recipe_load("box"), target)

    first = key('version = "1"\n')
    assert key('# why\nversion = "1"\n') == first
    assert key('version = "2"\n') != first
    assert key('version = "1"\n', "riscv64") != first
    (box / "overlay").mkdir()
    (box / "overlay" / "config.h").write_text("")
    assert key('version = "1"\n') != first


@pytest.mark.parametrize("text,message", [
    ('version = "1"\n', "no \\[\\[file\\]\\]"), ("versoin = 1\n", "unknown key versoin"),
    ("version = \n", "recipe.toml")])
def test_a_mistake_in_a_recipe_is_named(tmp_path, monkeypatch, text, message):
    """One line with the file and what is wrong."""
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "recipe.toml").write_text(text)
    monkeypatch.setattr(third_party, "RECIPES", tmp_path)
    with pytest.raises(fetch.Trouble, match=message):
        third_party.recipe_load("box")

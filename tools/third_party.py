#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Build the pinned third-party libraries: fetch, verify, unpack, patch, overlay, compile, archive.

  tools/third_party.py list                   every recipe with its version and licence
  tools/third_party.py fetch                  fill the cache with every pinned file
  tools/third_party.py build --target T [NAME…]
  tools/third_party.py paths --target T       build what is missing; print what meson.build reads

A recipe is third_party/NAME/recipe.toml; third_party/README.md explains its keys. Results live in
the cache under a key of the recipe, its overlay and patches, the compiler and the flags, so what
did not change is never built twice, and they are the same bytes wherever they were built.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from fetch import Trouble, cache_dir, cache_lock, fetch, run_quiet

RECIPES = Path(__file__).resolve().parent.parent / "third_party"
FORMAT = "1"  # part of every key: raise it when what this program makes changes
COMMON = ["-O2", "-g", "-w", "-std=gnu11", "-ffunction-sections", "-fdata-sections", "-fno-common"]
RISCV = ["-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-mstrict-align",
         "-ftls-model=local-exec", "-fno-pic"]  # as in tools/build/riscv64.ini
TARGETS = {
    "riscv64": {"prefix": "riscv64-unknown-elf-", "flags": RISCV, "libc": "picolibc"},
    "host": {"prefix": "", "flags": [], "libc": None},
}
KEYS = {"version", "licence", "source", "targets", "file", "patch", "compile", "meson", "export",
        "data"}
STEP_SECONDS_MAX = 1800


def say(line):
    """One line of progress."""
    print(f"third_party: {line}", file=sys.stderr, flush=True)


def recipe_load(name):
    """Read and check one recipe."""
    path = RECIPES / name / "recipe.toml"
    try:
        recipe = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Trouble(f"no recipe third_party/{name}/recipe.toml: see third_party/README.md"
                      ) from error
    except tomllib.TOMLDecodeError as error:
        raise Trouble(f"third_party/{name}/recipe.toml: {error}") from error
    unknown = set(recipe) - KEYS
    if unknown or "file" not in recipe:
        what = f"unknown key {sorted(unknown)[0]}" if unknown else "no [[file]]"
        raise Trouble(f"third_party/{name}/recipe.toml: {what}; see third_party/README.md")
    recipe["name"] = name
    return recipe


def recipe_names():
    """Every recipe, the C library first because the others are compiled against it."""
    names = sorted(path.parent.name for path in RECIPES.glob("*/recipe.toml"))
    return sorted(names, key=lambda name: name != "picolibc")


def recipe_inputs(name):
    """The files of this tree that a recipe's result depends on."""
    return sorted(path for path in (RECIPES / name).rglob("*")
                  if path.is_file() and path.suffix not in (".md", ".build"))


def is_for(recipe, target):
    """Whether a recipe is built for a target."""
    return target in recipe.get("targets", list(TARGETS))


def recipe_key(recipe, target):
    """The key of a result: everything that decides its bytes."""
    digest = hashlib.sha256((FORMAT + json.dumps(recipe, sort_keys=True)).encode())
    for path in recipe_inputs(recipe["name"]):
        if path.name == "recipe.toml":
            continue  # what it says counts, not its comments
        digest.update(f"{path.relative_to(RECIPES)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    if "data" not in recipe:
        settings = TARGETS[target]
        compiler = run_quiet([settings["prefix"] + "gcc", "--version"]).stdout.split("\n")[0]
        digest.update("\0".join([target, compiler] + COMMON + settings["flags"]).encode())
        if settings["libc"] not in (None, recipe["name"]):
            digest.update(recipe_key(recipe_load(settings["libc"]), target).encode())
    return digest.hexdigest()[:16]


def result_dir(recipe, target):
    """Where a result stands in the cache."""
    kind = "data" if "data" in recipe else target
    key = recipe_key(recipe, target)
    return cache_dir() / "built" / f"{recipe['name']}-{recipe['version']}-{kind}-{key}"


def run_step(command, cwd, what):
    """Run one step of a build; on failure show the first lines that say why."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False,
                              timeout=STEP_SECONDS_MAX)
    except FileNotFoundError as error:
        raise Trouble(f"{command[0]} is missing: run ./nx setup") from error
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().split("\n")
        shown = [line for line in lines if "rror" in line][:5] or lines[-5:]
        raise Trouble(f"{what} failed:\n  " + "\n  ".join(shown))


def unpack(recipe, source):
    """Unpack every file of a recipe, each into the folder its `unpack` names."""
    for pin in recipe["file"]:
        kept = fetch(pin, say)
        folder = source / pin.get("unpack", ".")
        folder.mkdir(parents=True, exist_ok=True)
        if pin["name"].endswith(".deb"):
            command = ["dpkg-deb", "-x", str(kept), str(folder)]
        else:
            command = ["tar", "-xf", str(kept), "--strip-components=1", "-C", str(folder)]
        run_step(command, source, f"unpacking {pin['name']}")


def patch(recipe, source):
    """Apply Debian's series, then our own patches, then copy our overlay over the result."""
    skip = recipe.get("patch", {}).get("skip", [])
    series = source / "debian" / "patches" / "series"
    listed = series.read_text(encoding="utf-8").split("\n") if series.exists() else []
    names = [line.split("#")[0].strip() for line in listed]
    missing = set(skip) - set(names)
    if missing:
        raise Trouble(f"third_party/{recipe['name']}: patch {sorted(missing)[0]} to skip is not in "
                      "the series: remove it from `skip`")
    patches = [series.parent / name for name in names if name and name not in skip]
    patches += sorted((RECIPES / recipe["name"]).glob("patches/*.patch"))
    for path in patches:
        run_step(["patch", "-p1", "--batch", "--fuzz=0", "-i", str(path)], source,
                 f"{recipe['name']}: patch {path.name}")
    overlay = RECIPES / recipe["name"] / "overlay"
    if overlay.is_dir():
        shutil.copytree(overlay, source, dirs_exist_ok=True)


def glob_all(source, patterns, what):
    """The files that patterns name, sorted; a pattern that names nothing is a mistake."""
    found = set()
    for pattern in patterns:
        matches = {path.relative_to(source) for path in source.glob(pattern) if path.is_file()}
        if not matches:
            raise Trouble(f"{what}: nothing matches {pattern}")
        found |= matches
    return sorted(found)


def prefix_flags(source, name):
    """Keep this machine's paths out of objects; the bare-metal gcc does not tell its assembler."""
    pairs = [f"{source}=/third_party/{name}", f"{cache_dir()}=/third_party"]
    return [f"-ffile-prefix-map={pair}" for pair in pairs] + [
        f"-Wa,--debug-prefix-map={pair}" for pair in pairs]


def compile_flags(recipe, target, source):
    """The compiler and all its flags for one recipe."""
    settings = TARGETS[target]
    rules = recipe["compile"]
    flags = [settings["prefix"] + "gcc"] + COMMON + settings["flags"]
    flags += prefix_flags(source, recipe["name"]) + rules.get("cflags", [])
    flags += rules.get(f"cflags_{target}", [])
    flags += [f"-I{folder}" for folder in rules.get("include", [])]
    flags += [f"-D{define}" for define in recipe.get("export", {}).get("defines", [])]
    if settings["libc"]:
        libc = result_dir(recipe_load(settings["libc"]), target)
        flags += ["-isystem", str(libc / "include")]
    return flags


def compile_archive(recipe, target, source, out):
    """Compile a recipe's sources side by side and archive the objects."""
    what = f"third_party/{recipe['name']}"
    rules = recipe["compile"]
    drop = set(glob_all(source, rules.get("exclude", []), what))
    files = [path for path in glob_all(source, rules["sources"], what) if path not in drop]
    flags = compile_flags(recipe, target, source)
    objects = source / ".objects"
    objects.mkdir()

    def compile_one(path):
        made = objects / (str(path).replace("/", "_") + ".o")
        run_step(flags + ["-c", str(path), "-o", str(made)], source, f"{what}: compiling {path}")
        return str(made)

    jobs = int(os.environ.get("NX_JOBS") or os.cpu_count() or 1)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        made = sorted(pool.map(compile_one, files))
    run_step([TARGETS[target]["prefix"] + "ar", "rcsD", str(out / f"lib{recipe['name']}.a")] + made,
             source, f"{what}: ar")


def cross_file(recipe, target, source):
    """Write the meson cross file of a library that is built with its own meson.build."""
    settings = TARGETS[target]
    flags = settings["flags"] + ["-ffunction-sections", "-fdata-sections"]
    flags += prefix_flags(source, recipe["name"])
    path = source / ".nexus-cross.ini"
    path.write_text(f"[binaries]\nc = ['{settings['prefix']}gcc', '-nostdlib']\n"
                    f"ar = '{settings['prefix']}ar'\nas = '{settings['prefix']}as'\n"
                    f"nm = '{settings['prefix']}nm'\nstrip = '{settings['prefix']}strip'\n"
                    "[host_machine]\nsystem = 'none'\ncpu_family = 'riscv64'\ncpu = 'riscv'\n"
                    "endian = 'little'\n"
                    f"[properties]\nskip_sanity_check = true\n"
                    f"[built-in options]\nc_args = {flags}\n",
                    encoding="utf-8")
    return path


def compile_meson(recipe, target, source, out):
    """Build a library with its own meson.build and keep the headers and archives it installs."""
    what = f"third_party/{recipe['name']}"
    build, stage = source / ".build", source / ".stage"
    run_step(["meson", "setup", str(build), str(source), "--cross-file",
              str(cross_file(recipe, target, source)), f"--prefix={stage}", "--libdir=lib",
              "--buildtype=release"] + recipe["meson"]["options"], source, f"{what}: meson setup")
    run_step(["ninja", "-C", str(build)], source, f"{what}: ninja")
    run_step(["ninja", "-C", str(build), "install"], source, f"{what}: install")
    shutil.copytree(stage / "include", out / "include")
    for path in recipe["meson"]["archives"]:
        shutil.copyfile(stage / path, out / Path(path).name)


def export_headers(recipe, source, out):
    """Copy the headers that users of a library may see."""
    (out / "include").mkdir()
    for pattern in recipe["export"]["include"]:
        if (source / pattern).is_dir():
            shutil.copytree(source / pattern, out / "include", dirs_exist_ok=True,
                            ignore=lambda folder, names: [n for n in names if n.endswith(".c")])
        else:
            for path in glob_all(source, [pattern], f"third_party/{recipe['name']}"):
                shutil.copyfile(source / path, out / "include" / path.name)


def make(recipe, target, source, out):
    """Turn unpacked, patched sources into a result."""
    if "data" in recipe:
        for name, path in recipe["data"].items():
            if (source / path).is_dir():
                shutil.copytree(source / path, out / name)
            else:
                shutil.copyfile(source / path, out / (name + Path(path).suffix))
    elif "meson" in recipe:
        compile_meson(recipe, target, source, out)
    else:
        compile_archive(recipe, target, source, out)
        export_headers(recipe, source, out)


def build(recipe, target):
    """Build one recipe for one target unless the cache has it."""
    final = result_dir(recipe, target)
    if final.exists():
        return final
    with cache_lock("build"):
        if final.exists():
            return final
        began = time.monotonic()
        say(f"build {recipe['name']} {recipe['version']} for {target}")
        work = cache_dir() / "work" / final.name
        shutil.rmtree(work, ignore_errors=True)
        source, out = work / "source", work / "out"
        source.mkdir(parents=True)
        out.mkdir()
        unpack(recipe, source)
        patch(recipe, source)
        make(recipe, target, source, out)
        final.parent.mkdir(exist_ok=True)
        out.rename(final)
        shutil.rmtree(work)
        say(f"built {recipe['name']} in {time.monotonic() - began:.0f} s")
    return final


def build_all(target, names):
    """Build the named recipes (all by default); yields each recipe with its result."""
    for name in recipe_names():
        recipe = recipe_load(name)
        wanted = not names or name in names or name == TARGETS[target]["libc"]
        if wanted and is_for(recipe, target):
            yield recipe, build(recipe, target)


def print_paths(target):
    """Print, for third_party/meson.build, one line per input file, library and data file."""
    for name in recipe_names():
        for path in recipe_inputs(name):
            print(f"input|{path}")
    for recipe, folder in build_all(target, []):
        for name, path in recipe.get("data", {}).items():
            print(f"data|{name}|{folder / (name + Path(path).suffix)}")
        if "data" not in recipe:
            defines = [f"-D{define}" for define in recipe.get("export", {}).get("defines", [])]
            flags = defines + [f"-ffile-prefix-map={cache_dir()}=/third_party"]
            link = sorted(str(path) for path in folder.glob("*.a"))
            link += recipe.get("export", {}).get(f"link_{target}", [])
            print("|".join(["lib", recipe["name"], str(folder / "include"), " ".join(flags),
                            " ".join(link)]))


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("word", choices=["list", "fetch", "build", "paths"])
    parser.add_argument("names", nargs="*", help="recipes, all by default")
    parser.add_argument("--target", choices=sorted(TARGETS), default="host")
    return parser.parse_intermixed_args()


def main():
    """Do one word; trouble is one line and status 1."""
    options = arguments()
    try:
        for name in options.names:
            recipe_load(name)
        if options.word == "paths":
            print_paths(options.target)
        elif options.word == "build":
            list(build_all(options.target, options.names))
        else:
            for recipe in (recipe_load(name) for name in options.names or recipe_names()):
                if options.word == "list":
                    print(f"{recipe['name']:10} {recipe['version']:16} {recipe['licence']}")
                else:
                    for pin in recipe["file"]:
                        fetch(pin, say)
    except Trouble as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Compile forms/*.toml and the manifests of programs into the flat plan of abi/plan.h.

Everything is checked here, so that init parses nothing: unknown keys, names that do not fit, grants
to services that a form does not run, and numbers out of range are errors that name the file.
tools/README.md explains the keys.
"""
import struct
import tomllib
from pathlib import Path

from elf import ImageError

MAGIC = 0x314E414C5053584E
NAME_MAX, TARGET_MAX, SERVICES_MAX, GRANTS_MAX = 24, 32, 64, 512
INPUTS = {"touch": 1, "pointer": 2, "keyboard": 4, "rotary": 8, "serial": 16}
OUTPUTS = {"pixels": 1, "text": 2, "speech": 4}
SHAPES = {"rectangle": 0, "round": 1}
MOVING = {"items": (1, 32), "chars": (20, 2000)}
RESTART = {"always": 0, "never": 1, "faults": 2}
GRANTS = {"service": 1, "devices": 2, "file": 3, "supervisor": 4, "machine": 5, "log_read": 6,
          "physical": 7}
SERVICE_KEYS = {"name", "priority", "memory_kib", "reserve_kib", "time_us", "stack_kib", "restart", "grants"}
PERIOD_US = (100, 10_000_000)  # of a budget of time: from what the kernel takes to what a person would notice
RESERVE_SHARE = 2  # of the memory a form must have, what its services may reserve: the half
FORM_KEYS = {"name", "services", "scale_percent", "inputs", "outputs", "memory_min_mib", "needs_display",
             "text_percent", "shape", "target_dp", "moving"}
GRANT_KEYS = set(GRANTS) | {"restarted", "restriction", "optional"}


def text_bytes(text, size, where):
    """A name as NUL-terminated, zero-filled bytes."""
    data = text.encode()
    if not 0 < len(data) < size:
        raise ImageError(f"{where}: the name `{text}` must have 1 to {size - 1} bytes")
    return data.ljust(size, b"\0")


def number(table, key, low, high, where):
    """An integer within its range."""
    value = table.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ImageError(f"{where}: `{key}` must be a number from {low} to {high}")
    return value


def read_table(path, keys):
    """A TOML file whose keys are all known."""
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ImageError(f"{path}: {error}") from error
    check_keys(table, keys, path)
    return table


def check_keys(table, keys, path):
    """Refuse a key that nobody reads: it is a typing mistake."""
    unknown = sorted(set(table) - keys)
    if unknown:
        raise ImageError(f"{path}: unknown key `{unknown[0]}`; known: {', '.join(sorted(keys))}")


def bits(names, known, where):
    """A list of words as a set of bits."""
    for name in names:
        if name not in known:
            raise ImageError(f"{where}: `{name}` is not one of {', '.join(known)}")
    return sum(known[name] for name in set(names))


def grant_row(name, grant, where):
    """One struct plan_grant; `grant` is an inline table such as {service = "store"}."""
    where = f"{where}: grant `{name}`"
    unknown = sorted(set(grant) - GRANT_KEYS)
    kinds = [key for key in grant if key in GRANTS]
    if unknown or len(kinds) != 1:
        raise ImageError(f"{where}: say exactly one of {', '.join(GRANTS)}")
    kind, value = kinds[0], 0
    target = grant[kind] if isinstance(grant[kind], str) else kind
    if kind == "service":
        value = number({"restarted": 31} | grant, "restarted", 0, 31, where)
        value |= number({"restriction": 0} | grant, "restriction", 0, 0xFFFFFF, where) << 8
    elif set(grant) & {"restarted", "restriction", "optional"}:
        raise ImageError(f"{where}: only a service has `restarted`, `restriction` and `optional`")
    return (text_bytes(name, NAME_MAX, where) + text_bytes(target, TARGET_MAX, where)
            + struct.pack("<II", GRANTS[kind], value))


def load_service(program, path):
    """The manifest of a program, checked."""
    table = read_table(path, SERVICE_KEYS)
    text_bytes(table.get("name", ""), NAME_MAX, path)
    if table["name"] != program:
        raise ImageError(f"{path}: its name is not `{program}`, the name of the program")
    number(table, "priority", 1, 30, path)
    number(table, "memory_kib", 16, 1 << 22, path)
    number({"reserve_kib": 0} | table, "reserve_kib", 0, 1 << 22, path)
    number({"stack_kib": 64} | table, "stack_kib", 8, 8192, path)
    time_terms(table, path)
    if table.get("restart", "always") not in RESTART:
        raise ImageError(f"{path}: `restart` must be one of {', '.join(RESTART)}")
    return table | {"path": path}


def time_terms(table, where):
    """(amount, period) of processor time, in microseconds; (0, 0): as it comes."""
    terms = table.get("time_us", [0, 0])
    if "time_us" in table and not (isinstance(terms, list) and [type(part) for part in terms] == [int, int]
                                   and PERIOD_US[0] <= terms[1] <= PERIOD_US[1] and 1 <= terms[0] <= terms[1]):
        raise ImageError(f"{where}: `time_us` must be [amount, period], the period from {PERIOD_US[0]} to "
                         f"{PERIOD_US[1]} and the amount no more than it")
    return terms


def check_faults(services, files, developer):
    """Mistakes are for developer images, and must be there."""
    for service in services:
        if service.get("restart") == "faults" and not (developer and f"{service['name']}.faults" in files):
            raise ImageError(f"{service['path']}: `restart` can be faults in a developer image only, with a data file "
                             f"`{service['name']}.faults`")


def check_references(services, forms, files, names):
    """Every grant must name something that exists, and in each form something that runs; `names` are
    all services of the image."""
    for service in services:
        for grant in service.get("grants", {}).values():
            if "service" in grant and grant["service"] not in names:
                raise ImageError(f"{service['path']}: no service is called `{grant['service']}`")
            if "file" in grant and grant["file"] not in files:
                raise ImageError(f"{service['path']}: no data file is called `{grant['file']}`")
    by_name = {service["name"]: service for service in services}
    for form in forms:
        reserved = sum(by_name[name].get("reserve_kib", 0) for name in form["services"] if name in by_name)
        if reserved > form.get("memory_min_mib", 0) * 1024 // RESERVE_SHARE:
            raise ImageError(f"{form['path']}: its services reserve {reserved} KiB, more than half of "
                             "`memory_min_mib`: lower some `reserve_kib`")
        for name in form["services"]:
            if name not in by_name:
                raise ImageError(f"{form['path']}: no service is called `{name}`")
            for grant in by_name[name].get("grants", {}).values():
                missing = grant.get("service", name) not in form["services"]
                if missing and not grant.get("optional", False):
                    raise ImageError(f"{form['path']}: `{name}` calls `{grant['service']}`, "
                                     "which the form does not run: add it to `services`")


def in_use(services, forms):
    """The services that some form runs, without their optional grants to those that none does."""
    names = {name for form in forms for name in form["services"]}
    return [service | {"grants": {name: grant for name, grant in service.get("grants", {}).items()
                                  if not grant.get("optional", False)
                                  or grant.get("service", service["name"]) in names}}
            for service in services if service["name"] in names]


def load_form(path):
    """The table [form] of a form's file; [emulator] is the lab's."""
    form = read_table(path, {"form", "emulator"}).get("form", {})
    check_keys(form, FORM_KEYS, path)
    return {"services": []} | form | {"path": path}


def moving_limits(form):
    """How much a form shows while it moves: items, characters; (0, 0): it never does."""
    limits, path = form.get("moving", {}), form["path"]
    check_keys(limits, set(MOVING), path)
    return [number(limits, key, low, high, f"{path}: moving") if limits else 0
            for key, (low, high) in MOVING.items()]


def form_row(form, index):
    """One struct plan_form; `index` maps names of services to their rows."""
    path = form["path"]
    services = sum(1 << index[name] for name in set(form["services"]))
    return (text_bytes(form.get("name", ""), NAME_MAX, path)
            + struct.pack("<Q10I", services,
                          number({"scale_percent": 100} | form, "scale_percent", 50, 400, path),
                          bits(form.get("inputs", []), INPUTS, path),
                          bits(form.get("outputs", []), OUTPUTS, path),
                          number(form, "memory_min_mib", 1, 1 << 20, path),
                          int(form.get("needs_display", False)),
                          number({"text_percent": 100} | form, "text_percent", 85, 200, path),
                          bits([form.get("shape", "rectangle")], SHAPES, path),
                          number({"target_dp": 32} | form, "target_dp", 24, 120, path),
                          *moving_limits(form)))


def compile_plan(manifests, form_paths, files, developer):
    """The plan's bytes from (program, manifest) pairs; rows are sorted by name, so the order of
    arguments does not matter."""
    services = [load_service(program, path) for program, path in sorted(manifests)]
    forms = sorted(map(load_form, form_paths), key=lambda table: table.get("name", ""))
    if len(services) > SERVICES_MAX or len({s["name"] for s in services}) < len(services):
        raise ImageError(f"more than {SERVICES_MAX} services, or two of one name")
    names = {service["name"] for service in services}
    services = in_use(services, forms)
    check_references(services, forms, files, names)
    check_faults(services, files, developer)
    index = {service["name"]: row for row, service in enumerate(services)}
    service_rows, grant_rows = b"", []
    for service in services:
        rows = [grant_row(name, grant, service["path"])
                for name, grant in service.get("grants", {}).items()]
        service_rows += text_bytes(service["name"], NAME_MAX, service["path"]) + struct.pack(
            "<IIIIIIII", service["priority"], service["memory_kib"],
            RESTART[service.get("restart", "always")], len(grant_rows), len(rows),
            service.get("reserve_kib", 0), *time_terms(service, service["path"]))
        grant_rows += rows
    if len(grant_rows) > GRANTS_MAX:
        raise ImageError(f"{len(grant_rows)} grants; {GRANTS_MAX} are possible")
    header = struct.pack("<QIIII", MAGIC, len(forms), len(services), len(grant_rows), developer)
    return header + b"".join(form_row(form, index) for form in forms) + service_rows + b"".join(
        grant_rows)

# SPDX-License-Identifier: Apache-2.0
"""Read the plan back out of a bundle, as text for people: every form, every service, every handle it gets.

What is printed comes from the image's own bytes (abi/bundle.h, abi/plan.h), not from the files they were made of.
"""
import struct

from bundle import ENTRY_BYTES, HEADER_BYTES, PLAN
from bundle import MAGIC as BUNDLE_MAGIC
from elf import ImageError
from plan import GRANTS, INPUTS, MAGIC, NAME_MAX, OUTPUTS, RESTART, TARGET_MAX

KINDS = {number: word for word, number in GRANTS.items()}
RESTARTS = {number: word for word, number in RESTART.items()}


def plan_bytes(bundle):
    """The plan's file in a bundle; raises ImageError."""
    try:
        magic, _, count = struct.unpack_from("<QQI", bundle)
        if magic != BUNDLE_MAGIC:
            raise ImageError("not a boot bundle")
        for place in range(count):
            _, kind, _, offset, size = struct.unpack_from("<32sIIQQ", bundle, HEADER_BYTES + place * ENTRY_BYTES)
            if kind == PLAN and offset + size <= len(bundle):
                return bundle[offset:offset + size]
    except struct.error as error:
        raise ImageError(f"the bundle is cut short: {error}") from error
    raise ImageError("the bundle has no plan")


def name_text(data):
    """A zero-filled name."""
    return data.split(b"\0")[0].decode()


def words(bits, known):
    """The names of bits that are set."""
    return " ".join(name for name, bit in known.items() if bits & bit) or "none"


def grant_text(row, services):
    """One handle: its name and what it is for."""
    name, target, kind, value = row
    kind = KINDS.get(kind, "?")
    if kind == "service":
        missing = "" if target in services else " (not in this image)"
        notice = "" if value & 0xFF == 31 else f", told on bit {value & 0xFF} of its restart"
        narrowed = f", narrowed to {value >> 8}" if value >> 8 else ""
        return f"{name}: calls {target}{narrowed}{notice}{missing}"
    what = {"devices": f"registers and interrupts of {target}", "file": f"reads the file {target}",
            "supervisor": "calls init", "machine": "authority over the machine", "log_read": "reads the log",
            "physical": "physical addresses"}
    return f"{name}: {what.get(kind, kind)}"


def show_plan(bundle):
    """The lines of ./nx ps --plan."""
    plan = plan_bytes(bundle)
    magic, form_count, service_count, grant_count, developer = struct.unpack_from("<QIIII", plan)
    if magic != MAGIC:
        raise ImageError("the plan is of another version")
    at, rows = 24, []
    for layout, count in ((f"<{NAME_MAX}sQ10I", form_count), (f"<{NAME_MAX}sIIIIIIII", service_count),
                          (f"<{NAME_MAX}s{TARGET_MAX}sII", grant_count)):
        size = struct.calcsize(layout)
        rows.append([struct.unpack_from(layout, plan, at + size * place) for place in range(count)])
        at += size * count
    forms, services, grants = rows
    names = [name_text(service[0]) for service in services]
    lines = [f"{'developer' if developer else 'release'} image, {form_count} forms, {service_count} services"]
    for name, set_bits, scale, inputs, outputs, memory, needs_display, *_ in forms:
        running = " ".join(text for bit, text in enumerate(names) if set_bits >> bit & 1)
        lines += [f"form {name_text(name)}: from {memory} MiB, scale {scale} %"
                  + (", with a display" if needs_display else ""),
                  f"    in: {words(inputs, INPUTS)}; out: {words(outputs, OUTPUTS)}", f"    runs: {running}"]
    for (_, priority, memory, restart, first, count, _, time, period), name in zip(services, names):
        timed = f" and {time} us in every {period}" if period else ""
        lines.append(f"service {name}: priority {priority}, at most {memory} KiB{timed}, restart "
                     f"{RESTARTS.get(restart, '?')}")
        for grant in grants[first:first + count]:
            named = (name_text(grant[0]), name_text(grant[1]), *grant[2:])
            lines.append(f"    {grant_text(named, names)}")
    return lines

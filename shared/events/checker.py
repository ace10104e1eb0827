"""Compiles the check of an event from its schema: one flat function, under 15 µs, equal to marshmallow's answer.

A property test holds the two against each other. The source is made from our own field classes only, never from input.
"""

from collections.abc import Mapping
from typing import Any

from shared.errors import Fault
from shared.events.fields import EventField
from shared.events.schema import Check

MISSING = object()


def compile_check(fields: Mapping[str, EventField], *, strict: bool) -> Check:
    """A function that lists every fault of a mapping at once; empty when it fits.

    Strict refuses names the schema does not know (for the teller); lenient passes them over (for listeners: a schema may
    grow within its version).
    """
    env: dict[str, Any] = {"MISSING": MISSING, "KNOWN": frozenset(fields), "fault": _fault}
    lines = ["def check(data):", "    faults = []"]
    for name, field in fields.items():
        lines += [f"    v = data.get({name!r}, MISSING)", "    if v is MISSING:"]
        lines.append(f"        faults.append(fault({name!r}, 'missing'))" if field.required else "        pass")
        lines.append(f"    elif not {field.expression(env)}:")
        lines.append(f"        faults.append(fault({name!r}, 'not_valid'))")
    if strict:
        lines += ["    if not KNOWN >= data.keys():"]
        lines += ["        faults += [fault(name, 'unknown') for name in data.keys() - KNOWN]"]
    lines.append("    return faults")
    exec(compile("\n".join(lines), "<event check>", "exec"), env)  # our own schema is the only input
    check: Check = env["check"]
    return check


def _fault(field: str, code: str) -> Fault:
    return Fault(field, code, f"{field}: {code}")

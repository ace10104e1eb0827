"""A page for each type of event, and one that lists them all. Written from the catalogue, in Markdown."""

import json
from collections.abc import Mapping
from typing import Any

from contracts.asyncapi import followers, meaning_of
from contracts.example import example_event
from contracts.shapes import examples_of, said_of, words_of
from shared.events import EventType
from shared.events.catalogue import ANY_SERVICE, TELLERS
from shared.events.fields import EventField

NOTE = "<!-- Written by `make contracts` from the catalogue; edit shared/events instead. -->\n"


def index(types: Mapping[str, EventType], readers: Mapping[str, list[str]]) -> str:
    """All types by who tells them."""
    lines = [
        NOTE,
        "# All events\n",
        f"{len(types)} types. How they travel, and what is promised: [events](../events.md). For tools:",
        "[AsyncAPI 3.0](../asyncapi.yaml). Every event goes to the log as well.\n",
    ]
    for teller in TELLERS:
        own = [kind for kind in types.values() if kind.teller == teller]
        title = "Every service tells of itself" if teller == ANY_SERVICE else f"The {teller} tells"
        lines += [f"## {title}\n", "| event | what happened | kinds | handled by |", "|---|---|---|---|"]
        lines += [_row(kind, readers.get(kind.name, [])) for kind in own]
        lines.append("")
    return "\n".join(lines)


def page(kind: EventType, follows: Mapping[str, Any], readers: list[str]) -> str:
    """One type."""
    lines = [NOTE, f"# `{kind.name}`\n", said_of(kind) + "\n", *_about(kind, follows, readers), ""]
    lines += ["## Open fields\n", *_open(kind.open_fields), ""]
    if kind.closed_fields:
        lines += ["## Sealed fields\n", _sealed_intro(), "", *_closed(kind.closed_fields), ""]
    lines += ["## Example\n", *_block(example_event(kind))]
    if kind.closed_fields:
        lines += ["\nOpened, the sealed value may hold:\n", *_block(examples_of(kind.closed_fields, kind.noun))]
    return "\n".join(lines) + "\n\n[All events](README.md)\n"


def _row(kind: EventType, readers: list[str]) -> str:
    said = said_of(kind).split(". ")[0].rstrip(".")
    kinds = ", ".join(sorted(kind.kinds))
    return f"| [{kind.name}]({kind.name}.md) | {said} | {kinds} | {', '.join(readers)} |"


def _about(kind: EventType, follows: Mapping[str, Any], readers: list[str]) -> list[str]:
    teller = "every service, of itself" if kind.teller == ANY_SERVICE else f"the {kind.teller}"
    ticks_off = [name for name in followers(kind, follows) if name not in readers]
    lines = [f"- **Told by** {teller}.", f"- **Handled by** {_named(readers) or 'nobody; the log keeps it'}."]
    if ticks_off:
        lines.append(f"- **Also reaches** {_named(ticks_off)}, for the chain of revisions alone: no handler there.")
    lines += [f"- **{str(name).capitalize()}.** {meaning_of(name)}" for name in sorted(kind.kinds)]
    if kind.schema.SUCCEEDS:
        lines.append(f"- **Succeeds** [{kind.schema.SUCCEEDS}]({kind.schema.SUCCEEDS}.md).")
    return lines


def _named(services: list[str]) -> str:
    return ", ".join(f"the {service}" for service in services)


def _open(fields: Mapping[str, EventField]) -> list[str]:
    rows = [
        f"| `{name}` | {words_of(field)} | {'yes' if field.required else 'no'} | {field.open} |"
        for name, field in sorted(fields.items(), key=lambda pair: pair[0] == "cause")
    ]
    return ["| field | type and bounds | always there | open, since it says only |", "|---|---|---|---|", *rows]


def _closed(fields: Mapping[str, EventField]) -> list[str]:
    rows = [f"| `{name}` | {words_of(field)} | {'yes' if field.required else 'no'} |" for name, field in fields.items()]
    return ["| field | type and bounds | always there |", "|---|---|---|", *rows]


def _sealed_intro() -> str:
    return "In `data.sealed`, one value for each person or record it speaks of ([privacy](../privacy.md)):"


def _block(value: Any) -> list[str]:
    return ["```json", json.dumps(value, ensure_ascii=False, indent=2), "```"]

"""The things an inspection drew, and its findings, as a page shows them: what, where, whose number, which proof."""

from typing import Any

from services.audit.front import Front
from services.audit.inspections.steps import RECORDED
from services.audit.pages.lines import Lines

Doc = dict[str, Any]


def sampled(front: Front, lines: Lines, row: Doc) -> list[Doc]:
    """The sample, in the order it was drawn; what was not looked at yet comes first."""
    sample = row.get("sample", ())
    entries = front.inspecting.queries.entries(each["index"] for each in sample)
    places = front.queries.places(each["branch"] for each in sample)
    numbers = front.queries.numbers(each["about"] for each in sample)
    items = [
        {
            **each,
            "what": lines.what(entries[each["index"]]) if each["index"] in entries else "",
            "visit": _visit(entries.get(each["index"])),
            "place": places.get(each["branch"], ""),
            "number": numbers.get(each["about"], ("", ""))[0],
            "check": row["checks"].get(each["id"]),
        }
        for each in sample
    ]
    return sorted(items, key=lambda item: item["check"] is not None)


def findings_of(front: Front, findings: list[Doc]) -> list[Doc]:
    """Findings as lines."""
    places = front.queries.places(each["branch"] for each in findings)
    today = front.inspecting.inspections.today().isoformat()
    return [
        {
            **each,
            "id": each["_id"],
            "place": places.get(each["branch"], ""),
            "late": each["state"] == RECORDED and each["due"] < today,
        }
        for each in findings
    ]


def _visit(entry: Doc | None) -> str:
    """The visit an entry is about, whose evidence can be shown."""
    return str(entry["subject"]) if entry and entry.get("type", "").startswith("visit.") else ""

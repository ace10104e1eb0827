"""The figures of an inspection's report, from the inspection and its findings alone. Pure.

What nobody could be asked about is shown apart and counts for neither side (docs/domain.md, rule 1).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from services.audit.inspections.steps import ANSWERED, RESULTS, WAYS
from shared.clock import SHANGHAI, county_day

Doc = Mapping[str, Any]
FORMAT = "springrain-inspection-report@1"
LOG = ("origin", "size", "root")


def figures_of(row: Doc, findings: Sequence[Doc], places: Mapping[str, str], now: Doc) -> dict[str, Any]:
    """All the report says. `places`: names by branch path; `now`: origin, size, root (hex) of the log, `at`, and `undrawn`.

    `undrawn`: other inspections of this branch over these days that were never drawn. Who knows the secret can compute the
    sample and give an inspection up when it does not please: this number would show it.
    """
    checks = row["checks"]
    results = Counter(checks[each["id"]]["result"] for each in row["sample"] if each["id"] in checks)
    ways = Counter(check["how"] for check in checks.values())
    return {
        "format": FORMAT,
        "inspection": row["_id"],
        "scope": row["branch"],
        "place": places.get(row["branch"], ""),
        "first_day": row["first_day"],
        "last_day": row["last_day"],
        "opened": _moment(row["opened_at"]),
        "anchored": _moment(row["anchor"]["at"]),
        "drawn": _moment(row["drawn_at"]),
        "closed": _moment(now["at"]),
        "rule": row["rule"],
        "commitment": row["commitment"],
        "secret": row["secret"],
        "checkpoint": {name: row["anchor"][name] for name in LOG},
        "witnesses": list(row["anchor"]["witnesses"]),
        "log": {name: now[name] for name in LOG},
        "undrawn": now["undrawn"],
        "population": row["population"],
        "digest": row["digest"],
        "sampled": len(row["sample"]),
        "results": {name: results[name] for name in RESULTS},
        "ways": {name: ways[name] for name in WAYS},
        "strata": [_stratum(row, share) for share in row["shares"]],
        "places": _places(row, places),
        "findings": [_finding(number, found, places) for number, found in enumerate(findings, 1)],
    }


def _stratum(row: Doc, share: Doc) -> dict[str, Any]:
    mine = [each["id"] for each in row["sample"] if each["stratum"] == share["stratum"]]
    counted = Counter(row["checks"][id]["result"] for id in mine if id in row["checks"])
    said = {"name": share["stratum"], "members": share["members"], "drawn": share["drawn"]}
    return {**said, **{name: counted[name] for name in RESULTS}}


def _places(row: Doc, places: Mapping[str, str]) -> list[dict[str, Any]]:
    """By branch, in the order of the tree: how many were drawn there. No rates: a few cases are no ranking (rule 8)."""
    drawn = Counter(each["branch"] for each in row["sample"])
    return [{"place": places.get(branch, ""), "drawn": drawn[branch]} for branch in sorted(drawn)]


def _finding(number: int, found: Doc, places: Mapping[str, str]) -> dict[str, Any]:
    said = {"number": number, "entry": found["index"], "place": places.get(found["branch"], ""), "kind": found["kind"]}
    said |= {"due": found["due"], "answer": "none", "in_time": False}
    if found["state"] == ANSWERED:
        day = county_day(found["answered_at"]).isoformat()
        said |= {"answer": found["answer"], "answered": day, "in_time": day <= found["due"]}
    return said


def _moment(instant: Any) -> str:
    """An instant as the county reads it."""
    return str(instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"))

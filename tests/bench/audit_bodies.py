"""Events for the log's suite: as large as ours are, in chains of five, with a sealed part; and the same by the million."""

from collections.abc import Iterator
from typing import Any

from shared.canonical import canonical
from shared.ids import new_id

REVISIONS = 5
SEALED = "A" * 600
"""About what a name, an address and a note take when they are sealed."""


def event(county: str, subject: str, revision: int, event_id: str) -> dict[str, Any]:
    """One event of a visit."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/springrain/{county}/scheduler",
        "type": "visit.checked_in.v1",
        "subject": subject,
        "time": "2026-09-02T02:00:00Z",
        "datacontenttype": "application/json",
        "revision": revision,
        "branch": f"{county}/{county}/{county}",
        "actor": "system:scheduler",
        "data": {
            "household": subject,
            "volunteer": county,
            "at": "2026-09-02T02:00:00Z",
            "sealed": [{"under": subject, "value": SEALED}],
        },
    }


def bodies(county: str, many: int) -> list[bytes]:
    """Different events, the first revision of each thing before its second."""
    subjects = [new_id() for _ in range(many // REVISIONS)]
    return [
        canonical(event(county, subject, revision, new_id())) for revision in range(1, REVISIONS + 1) for subject in subjects
    ]


def rows(county: str, start: int, end: int) -> Iterator[dict[str, Any]]:
    """Entries of a filled log as its database has them: each of another thing, made by counting."""
    template = event(county, SUBJECT, 1, EVENT)
    parts = canonical(template).replace(SUBJECT.encode(), EVENT.encode()).split(EVENT.encode())
    within = [f"{county}/{county}", f"{county}/{county}/{county}"]
    for index in range(start, end):
        thing = f"01a00000-0000-7000-8000-{index:012x}"
        yield {
            "_id": index,
            "key": thing,
            "body": thing.encode().join(parts),
            "event": thing,
            "type": template["type"],
            "subject": thing,
            "revision": 1,
            "branch": within[-1],
            "actor": template["actor"],
            "time": template["time"],
            "service": "scheduler",
            "within": within,
            "link": f"{thing}#1",
            "about": sorted({thing, county}),
        }


SUBJECT, EVENT = "00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b"

"""One inspection as it stands before its closing, made up: a township's September, with what asking gave and three findings."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

from services.audit.inspections.draw import Sample, commitment, draw, seed_of
from services.audit.inspections.population import Member
from services.audit.inspections.rule import NAMES
from services.audit.model.checkpoint import Checkpoint, sign_checkpoint
from services.audit.model.note import Ed25519Signer
from services.audit.report.figures import figures_of
from services.audit.report.typeset import TEMPLATE, fonts, inputs_of

COUNTY, TOWN = "0199a1b2-0000-7000-8000-000000000001", "0199a1b2-0000-7000-8000-000000000002"
SIGNER = Ed25519Signer(f"springrain/{COUNTY}/log/1", bytes(range(32)))
SECRET, ROOT = bytes(range(16)), bytes(range(32))
SPRING = ("新坪村", "㵲溪村", "大岭村")
CLOSED_AT = datetime(2026, 10, 12, 2, 30, tzinfo=UTC)
Doc = dict[str, Any]


def id_(number: int) -> str:
    """A UUIDv7 that says its number."""
    return f"0199a1b2-0000-7000-8000-{number:012x}"


def places() -> dict[str, str]:
    """The names of the township and its villages."""
    township = f"{COUNTY}/{TOWN}"
    return {township: "春雨镇", **{f"{township}/{id_(10 + n)}": name for n, name in enumerate(SPRING)}}


def sample() -> Sample:
    """What is drawn of 400 things."""
    villages = [path for path in places() if path.count("/") == 2]
    members = [Member(id_(1000 + n), n, NAMES[n % 8], villages[n % 3], "2026-09-10", id_(5000 + n)) for n in range(400)]
    return draw(seed_of(SECRET, ROOT), members)


def inspection() -> Doc:
    """The inspection's row."""
    drawn = sample()
    results = ("holds", "holds", "unknown", "holds", "does_not_hold")
    at = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)
    checks = {
        each.id: {"result": results[n % 5], "how": ("at_home", "by_call", "neighbour")[n % 3], "at": at, "by": id_(3)}
        for n, each in enumerate(drawn.drawn)
    }
    anchor = {
        "origin": SIGNER.name,
        "size": 812_345,
        "root": ROOT.hex(),
        "witnesses": [],
        "at": datetime(2026, 10, 1, 0, 5, tzinfo=UTC),
    }
    return {
        "_id": id_(77),
        "branch": f"{COUNTY}/{TOWN}",
        "first_day": "2026-09-01",
        "last_day": "2026-09-30",
        "opened_at": datetime(2026, 9, 20, 2, 0, tzinfo=UTC),
        "drawn_at": datetime(2026, 10, 2, 2, 0, tzinfo=UTC),
        "rule": "1",
        "commitment": commitment(SECRET),
        "secret": SECRET.hex(),
        "anchor": anchor,
        "population": drawn.population,
        "digest": drawn.digest,
        "shares": [{"stratum": each.stratum, "members": each.members, "drawn": each.drawn} for each in drawn.shares],
        "sample": [{"id": each.id, "stratum": each.stratum, "branch": each.branch} for each in drawn.drawn],
        "checks": checks,
    }


def findings() -> list[Doc]:
    """Three: answered in time, answered late, not answered."""
    village = next(path for path in places() if path.count("/") == 2)
    base = {"branch": village, "index": 4711, "due": "2026-10-09"}
    answered = {"state": "answered", "answer": "mended"}
    return [
        {**base, **answered, "kind": "nobody_came", "answered_at": datetime(2026, 10, 9, 15, 0, tzinfo=UTC)},
        {
            **base,
            **answered,
            "kind": "record_wrong",
            "answer": "explained",
            "answered_at": datetime(2026, 10, 9, 16, 0, tzinfo=UTC),
        },
        {**base, "state": "recorded", "kind": "ended_without_ground"},
    ]


def note() -> bytes:
    """The checkpoint at the closing."""
    return sign_checkpoint(Checkpoint(SIGNER.name, 823_456, ROOT[::-1]), [SIGNER])


def figures(**changed: Any) -> Doc:
    """The figures of the report."""
    now = {"origin": SIGNER.name, "size": 823_456, "root": ROOT[::-1].hex(), "at": CLOSED_AT, "undrawn": 1}
    return figures_of({**inspection(), **changed}, findings(), places(), now)


def paper_picture(where: Path) -> Path:
    """A picture of the report's last page, as a camera or a printer gives it."""
    pages = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=[fonts()],
        ignore_system_fonts=True,
        format="png",
        ppi=150.0,
        sys_inputs=inputs_of(figures(), note()),
    )
    (where / "page.png").write_bytes(pages[-1] if isinstance(pages, list) else pages)
    return where / "page.png"

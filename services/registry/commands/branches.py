"""The tree of branches: the county's root, and its townships and villages from the state's division lists."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from services.registry.desk import SYSTEM, Desk, Doc
from services.registry.store import BRANCHES
from shared.ids import new_id
from shared.units import Unit

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Division:
    """A county, township or village of the state's lists; `parent` is the code of the one above."""

    level: str
    code: str
    name: str
    parent: str = ""


def load_divisions(desk: Desk, townships: Path, villages: Path) -> int:
    """Register what the two lists name, in units of 200 events; known ones stay, renamed ones are told anew.

    May be run again, and goes on where it was broken off. The county itself must be there (`install`). Returns how many
    events were told.
    """
    listed = [Division("township", row["code"], row["name"], row["county_code"]) for row in rows(townships)]
    listed += [Division("village", row["code"], row["name"], row["township_code"]) for row in rows(villages)]
    told = 0
    for batch in _batches(listed, AT_ONCE):
        told += desk.units.run(lambda unit, some=batch: register(unit, some))  # type: ignore[misc]
    return told


def rows(path: Path) -> list[dict[str, str]]:
    """The lines of a list of divisions."""
    with path.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))


def register(unit: Unit, divisions: Sequence[Division]) -> int:
    """Register those not known yet, and rename those whose name changed. Returns how many events were told."""
    branches = unit.collection(BRANCHES)
    codes = {one.code for one in divisions} | {one.parent for one in divisions}
    known = {row["code"]: row for row in branches.find({"code": {"$in": sorted(codes)}})}
    fresh: list[Doc] = []
    renamed: list[Doc] = []
    for division in divisions:
        here = known.get(division.code)
        if here is None:
            known[division.code] = _fresh(division, known[division.parent])
            fresh.append(known[division.code])
        elif here["name"] != division.name:
            renamed.append(here | {"name": division.name, "revision": here["revision"] + 1})
    branches.insert_many(fresh)
    for here in renamed:
        branches.replace(here, was=here["revision"] - 1)
    for here in (*fresh, *renamed):
        tell_branch(unit, here)
    return len(fresh) + len(renamed)


def tell_branch(unit: Unit, branch: Doc, actor: str = SYSTEM) -> None:
    """Tell a branch's state as it is now."""
    data = {"level": branch["level"], "code": branch["code"], "name": branch["name"]}
    if branch["parent"]:
        data["parent"] = branch["parent"]
    unit.tell(
        "branch.registered.v1",
        subject=branch["_id"],
        revision=branch["revision"],
        branch=branch["branch"],
        actor=actor,
        data=data,
    )


def _fresh(division: Division, parent: Doc) -> Doc:
    branch_id = new_id()
    return {
        "_id": branch_id,
        "revision": 1,
        "branch": f"{parent['branch']}/{branch_id}",
        "level": division.level,
        "code": division.code,
        "name": division.name,
        "parent": parent["_id"],
    }


def _batches(listed: Iterable[Division], most: int) -> Iterator[list[Division]]:
    source = iter(listed)
    while batch := list(islice(source, most)):
        yield batch

"""What the overview of a branch counts, and the branches right below it. Counts only: nothing here speaks of a person."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from services.registry.desk import Desk, Doc
from services.registry.store import BRANCHES, HOUSEHOLDS, PAIRINGS, PEOPLE, VOLUNTEERS
from shared.access import Principal, within

CARED_FOR = ("elder", "child")
PAIRED = ("formed", "paused")


@dataclass(frozen=True, slots=True)
class Overview:
    """How many of a branch and all below it: outcomes of rules and plain counts."""

    recipients: Mapping[str, int]
    households: int
    paired: int
    proposed: int
    volunteers: int
    no_adult: int
    unchecked: int


def overview(desk: Desk, who: Principal, path: str) -> Overview:
    """The counts of `path`, which must lie in the asker's scope (`branches.path_of` sees to that)."""
    bounds = within(path)
    people = Counter(_counted(desk, PEOPLE, {**bounds, "kinds": {"$in": list(CARED_FOR)}, "care": "active"}, "$kinds"))
    homes = {**bounds, "members": {"$ne": []}}
    today = desk.today().isoformat()
    return Overview(
        recipients={kind: people[kind] for kind in CARED_FOR},
        households=desk.database[HOUSEHOLDS].count_documents(homes),
        paired=len(_paired(desk, bounds)),
        proposed=desk.database[PAIRINGS].count_documents({**bounds, "state": "proposed"}),
        volunteers=desk.database[VOLUNTEERS].count_documents({**bounds, "state": "active"}),
        no_adult=desk.database[PEOPLE].count_documents({**bounds, "no_adult": True, "care": "active"}),
        unchecked=desk.database[VOLUNTEERS].count_documents(
            {**bounds, "state": "active", "$or": [{"minors_until": {"$exists": False}}, {"minors_until": {"$lt": today}}]}
        ),
    )


def children(desk: Desk, path: str) -> list[Doc]:
    """The branches right below, by code, each with its `households` and how many of them are `unpaired`."""
    rows = list(desk.database[BRANCHES].find({"parent": path.rsplit("/", 1)[-1]}, sort=[("code", 1)]))
    homes = _by_child(desk, path, HOUSEHOLDS, {"members": {"$ne": []}})
    paired = Counter(_below(path, branch) for branch in _paired(desk, within(path)).values())
    return [
        {**row, "households": homes[row["_id"]], "unpaired": max(0, homes[row["_id"]] - paired[row["_id"]])} for row in rows
    ]


def _paired(desk: Desk, bounds: Doc) -> dict[str, str]:
    """Household -> branch, of all that have a pairing."""
    pipeline: list[Doc] = [
        {"$match": {**bounds, "state": {"$in": list(PAIRED)}}},
        {"$group": {"_id": "$household", "branch": {"$first": "$branch"}}},
    ]
    return {row["_id"]: row["branch"] for row in desk.database[PAIRINGS].aggregate(pipeline)}


def _by_child(desk: Desk, path: str, name: str, filter: Doc) -> Counter[str]:
    found: Counter[str] = Counter()
    for branch, count in _counted(desk, name, {**within(path), **filter}, "$branch").items():
        found[_below(path, branch)] += count
    return found


def _below(path: str, branch: str) -> str:
    """Which branch right below `path` this one lies in; empty for `path` itself."""
    return branch[len(path) + 1 :].split("/", 1)[0]


def _counted(desk: Desk, name: str, filter: Doc, by: str) -> dict[str, int]:
    steps: list[Doc] = [{"$match": filter}, {"$unwind": by}, {"$group": {"_id": by, "count": {"$sum": 1}}}]
    return {row["_id"]: row["count"] for row in desk.database[name].aggregate(steps)}


def choices(desk: Desk, who: Principal) -> list[tuple[str, str]]:
    """The branches of the asker's scope to choose from, villages after their township: (id, indented name)."""
    rows = list(desk.database[BRANCHES].find(who.scope(), sort=[("code", 1)]))
    depth = len(who.branch.split("/"))
    return [(row["_id"], "　" * (len(row["branch"].split("/")) - depth) + row["name"]) for row in rows]

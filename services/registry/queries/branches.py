"""Questions about the tree of branches."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.registry.desk import Desk, Doc
from services.registry.model.villages import Township, Village, VillageIndex
from services.registry.queries.pages import listed
from services.registry.store import BRANCHES
from shared.access import Principal
from shared.errors import NotFound


def branches(desk: Desk, who: Principal, parent: str, code: str, after: Sequence[Any]) -> list[Doc]:
    """Branches of the asker's scope: those right below `parent`, or the one with this code, or all; by code."""
    filter = {key: {"$eq": value} for key, value in (("parent", parent), ("code", code)) if value}
    return listed(desk, BRANCHES, who, filter, "code", after)


def branch_of(desk: Desk, who: Principal, branch_id: str) -> Doc:
    """A branch in scope, or one above it (its name is no secret). Raises NotFound."""
    found = desk.database[BRANCHES].find_one({"_id": {"$eq": branch_id}})
    if found is None or not (who.sees(found["branch"]) or who.branch.startswith(found["branch"] + "/")):
        raise NotFound("no branch of yours has this id")
    return found


def path_of(desk: Desk, who: Principal, branch_id: str) -> str:
    """The path of a branch in scope; the asker's own when none is named. Raises NotFound."""
    if not branch_id:
        return who.branch
    found = desk.database[BRANCHES].find_one({"_id": {"$eq": branch_id}})
    if found is None or not who.sees(found["branch"]):
        raise NotFound("no branch of yours has this id")
    return str(found["branch"])


def names(desk: Desk, paths: Iterable[str]) -> Mapping[str, str]:
    """Path -> the branch's name."""
    wanted = sorted(set(paths))
    return {row["branch"]: row["name"] for row in desk.database[BRANCHES].find({"branch": {"$in": wanted}})}


def trail(desk: Desk, path: str) -> list[Doc]:
    """The branches from the county down to this path."""
    ids = path.split("/")
    found = {row["_id"]: row for row in desk.database[BRANCHES].find({"_id": {"$in": ids}})}
    return [found[one] for one in ids if one in found]


def villages(desk: Desk, who: Principal) -> list[tuple[str, str]]:
    """(id, name) of the villages in scope by code; with the township before the name when there are several of these."""
    rows = list(desk.database[BRANCHES].find({"$and": [{"level": "village"}, who.scope()]}, sort=[("code", 1)]))
    above = {row["parent"] for row in rows}
    towns = {row["_id"]: row["name"] for row in desk.database[BRANCHES].find({"_id": {"$in": sorted(above)}})}
    several = len(above) > 1
    return [(row["_id"], f"{towns[row['parent']]} {row['name']}" if several else row["name"]) for row in rows]


class Places:
    """The county's divisions as an import needs them: names to codes, and codes to branches."""

    def __init__(self, desk: Desk) -> None:
        rows = list(desk.database[BRANCHES].find())
        by_id = {row["_id"]: row for row in rows}
        self.by_code: Mapping[str, Doc] = {row["code"]: row for row in rows}
        self.by_path: Mapping[str, Doc] = {row["branch"]: row for row in rows}
        self.index = VillageIndex(
            [Township(row["code"], row["name"]) for row in rows if row["level"] == "township"],
            [
                Village(row["code"], row["name"], by_id[row["parent"]]["code"])
                for row in rows
                if row["level"] == "village" and row["parent"] in by_id
            ],
        )

    def township_of(self, path: str) -> Doc | None:
        """The township a path lies in."""
        return self.by_path.get("/".join(path.split("/")[:2])) if "/" in path else None

"""Finds who can be reached about whom: relatives with their presence, numbers that may be used, homes behind a number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.notifier.model import contact as numbers
from services.notifier.store import CONTACTS, HOUSEHOLDS, KINSHIPS, PEOPLE, Desk, Doc
from shared.units import Unit


def kin_of(desk: Desk, unit: Unit, filter: Mapping[str, Any]) -> list[Doc]:
    """Kinships who may know, each with `presence`, in the order in which to call."""
    rows = unit.collection(KINSHIPS).find({**filter, "may_know": "may"})
    opened = desk.open_all("relative", KINSHIPS, rows)
    return sorted(
        (row | {"presence": said["presence"]} for row, said in opened), key=lambda row: (row["call_order"], row["_id"])
    )


def people(unit: Unit, ids: Iterable[str]) -> dict[str, Doc]:
    """People by id; left out are the erased, and those of whom no more is known than that they are in danger."""
    rows = unit.collection(PEOPLE).find({"_id": {"$in": sorted(set(ids))}})
    return {row["_id"]: row for row in rows if "number" in row}


def best_contacts(unit: Unit, persons: Iterable[str]) -> dict[str, Doc]:
    """For each person the number to use: a proven one before others, then the registry's order."""
    rows = unit.collection(CONTACTS).find({"person": {"$in": sorted(set(persons))}, "current": True})
    best: dict[str, Doc] = {}
    for row in sorted(rows, key=lambda row: (row["state"] != numbers.State.PROVEN, row["order"], row["_id"])):
        if numbers.usable(row["state"], row["unreachable"]):
            best.setdefault(row["person"], row)
    return best


def homes(unit: Unit, recipients: Iterable[str]) -> dict[str, str]:
    """The household of each recipient; who is in none yet is a home of their own."""
    wanted = set(recipients)
    found = dict(zip(wanted, wanted, strict=True))
    for household in unit.collection(HOUSEHOLDS).find({"members": {"$in": sorted(wanted)}}):
        found |= {member: household["_id"] for member in household["members"] if member in wanted}
    return found


def sharing(unit: Unit, hashes: Iterable[str]) -> tuple[set[str], dict[str, list[str]]]:
    """Which of these numbers two families share, and who is behind each number."""
    behind: dict[str, list[str]] = defaultdict(list)
    for row in unit.collection(CONTACTS).find({"hash": {"$in": sorted(set(hashes))}, "current": True}):
        behind[row["hash"]].append(row["person"])
    several = {hash_: persons for hash_, persons in behind.items() if len(set(persons)) > 1}
    belongs = _belongs(unit, {person for persons in several.values() for person in persons})
    shared = {h for h, persons in several.items() if numbers.families({p: belongs[p] for p in persons}) > 1}
    return shared, behind


def _belongs(unit: Unit, persons: set[str]) -> dict[str, set[str]]:
    if not persons:
        return {}
    kin = unit.collection(KINSHIPS).find({"relative": {"$in": sorted(persons)}})
    cared = {row["recipient"] for row in kin}
    home = homes(unit, cared | persons)
    belongs: dict[str, set[str]] = {person: {home[person]} for person in persons}
    for row in kin:
        belongs[row["relative"]].add(home[row["recipient"]])
    return belongs


def one_a_home(unit: Unit, recipients: Sequence[str]) -> list[Doc]:
    """Of each home the first by number, as a person's row: one look-in or alarm a home."""
    known, home = people(unit, recipients), homes(unit, recipients)
    firsts: dict[str, Doc] = {}
    for row in sorted(known.values(), key=lambda row: row.get("number", "")):
        firsts.setdefault(home[row["_id"]], row | {"household": home[row["_id"]]})
    return list(firsts.values())

"""Who of a batch's rows is known already. Read outside the unit of work; the guard's mark tells whether it still holds."""

from collections.abc import Iterable, Sequence
from typing import Any

from services.registry.desk import Desk, Doc
from services.registry.model.person_content import Content, whole_births_differ
from services.registry.model.roster_rows import RosterRelative, RosterRow
from services.registry.model.roster_same import row_keys
from services.registry.model.text import name_key
from services.registry.store import COUNTERS, KINSHIPS, PEOPLE, VOLUNTEERS, WISHES
from services.registry.store.sealed import opened_all
from shared.access import within
from shared.units import Unit

GUARD = "imports"


def open_guard(desk: Desk) -> None:
    """Make the guard's mark if it is not there. A write would wait for a killed worker's transaction: so ask first."""
    if desk.database[COUNTERS].find_one({"_id": GUARD}) is None:
        desk.database[COUNTERS].update_one({"_id": GUARD}, {"$setOnInsert": {"next": 0}}, upsert=True)


def take_guard(unit: Unit, seen: int) -> None:
    """In the unit of work: nobody registered anybody since `seen` was read. Raises Vanished when somebody did."""
    unit.collection(COUNTERS).update({"_id": GUARD, "next": seen}, {"$inc": {"next": 1}})


class Known:
    """People, relatives, volunteers and wishes that rows of one batch may mean, opened."""

    def __init__(self, desk: Desk, scope: str, rows: Sequence[RosterRow]) -> None:
        self._desk, self._scope = desk, scope
        self.seen = self._mark()
        hashes = {key for row in rows for key in self.hashes(row)}
        hashes |= {key for row in rows for relative in row.relatives for key in self.relative_hashes(relative)}
        numbers = sorted({row.number for row in rows if row.number})
        wanted = {"$or": [{"row_keys": {"$in": sorted(hashes)}}, {"number": {"$in": numbers}, **within(scope)}]}
        self.people: dict[str, Doc] = {}
        self.contents: dict[str, Content] = {}
        self._take_people(desk.database[PEOPLE].find(wanted))
        self.kinships = self._of(KINSHIPS, "recipient")
        self._take_people(desk.database[PEOPLE].find({"_id": {"$in": self._missing_relatives()}}))
        self.volunteers = {row["person"]: row for row in self._of(VOLUNTEERS, "person")}
        self.wishes = self._wishes()
        self._by_key = {key: person for person in self.people.values() for key in person["row_keys"]}
        self._by_number = {person["number"]: person for person in self.people.values()}

    def hashes(self, row: RosterRow) -> list[str]:
        """The row's keys as they are kept, the strongest first."""
        return [self._desk.hash("row", key) for key in row_keys(row)]

    def relative_hashes(self, relative: RosterRelative) -> list[str]:
        """A relative is the same one under the same name and one of the same phones; without a phone nobody can tell."""
        return [self._desk.hash("relative", f"{name_key(relative.name)}|{phone}") for phone in relative.phones]

    def find(self, row: RosterRow) -> Doc | None:
        """The person this row means, by the rule of `model/roster_same.py`; None for somebody new."""
        if row.number and row.number in self._by_number:
            return self._by_number[row.number]
        own = set(self.hashes(row))
        fitting = [person for person in self.people.values() if own & set(person["row_keys"]) and self._same(person, row)]
        return min(fitting, key=lambda person: str(person["number"]), default=None)

    def in_scope(self, person: Doc) -> bool:
        """Whether the uploader may change this person: nobody reaches into another branch by knowing an ID number."""
        return f"{person['branch']}/".startswith(self._scope + "/")

    def relative(self, relative: RosterRelative) -> Doc | None:
        """The relative known under this name and phone."""
        return next((self._by_key[key] for key in self.relative_hashes(relative) if key in self._by_key), None)

    def kin_of(self, person: str, relative: RosterRelative) -> Doc | None:
        """The kinship of this recipient with a relative of this name."""
        mine = [kin for kin in self.kinships if kin["recipient"] == person]
        wanted = name_key(relative.name)
        return next((kin for kin in mine if name_key(self.contents[kin["relative"]].get("name", "")) == wanted), None)

    def id_taken(self, row: RosterRow, person: str) -> bool:
        """Whether somebody else is known by this row's ID number."""
        if row.id_number is None:
            return False
        there = (self.contents[one].get("id_number") for one in self.people if one != person)
        return str(row.id_number) in there

    def _same(self, person: Doc, row: RosterRow) -> bool:
        content = self.contents[person["_id"]]
        theirs = content.get("id_number")
        if theirs and row.id_number:
            return bool(theirs == str(row.id_number) and name_key(content["name"]) == name_key(row.name))
        return not whole_births_differ(content, row)

    def _mark(self) -> int:
        row = self._desk.database[COUNTERS].find_one({"_id": GUARD})
        return int(row["next"]) if row else 0

    def _take_people(self, rows: Iterable[Doc]) -> None:
        fresh = [row for row in rows if row["_id"] not in self.people]
        contents = opened_all(self._desk.sealer, PEOPLE, fresh, [row["_id"] for row in fresh])
        self.people.update((row["_id"], row) for row in fresh)
        self.contents.update((row["_id"], content) for row, content in zip(fresh, contents, strict=True))

    def _of(self, collection: str, field: str) -> list[Doc]:
        wanted: dict[str, Any] = {field: {"$in": sorted(self.people)}}
        return list(self._desk.database[collection].find(wanted))

    def _missing_relatives(self) -> list[str]:
        return sorted({kin["relative"] for kin in self.kinships} - self.people.keys())

    def _wishes(self) -> set[tuple[str, str]]:
        rows = self._of(WISHES, "child")
        contents = opened_all(self._desk.sealer, WISHES, rows, [row["child"] for row in rows])
        return {(row["child"], content.get("wish", "")) for row, content in zip(rows, contents, strict=True)}

"""Households of a township, formed anew from who is known: also an elder and the children they care for of two rosters.

A household is known by the number of its first member. What joins is told; one that went into another has no members any
more. Nobody is joined on a guess: unsure pairs are listed for the clerk.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pymongo.errors import DuplicateKeyError

from services.registry.commands.households import dissolve, unfit_pairings
from services.registry.commands.telling import tell_household
from services.registry.desk import SYSTEM, Desk, Doc
from services.registry.model.bands import strictest
from services.registry.model.household_forming import FormedHousehold, Unsure, form_households
from services.registry.queries.residents import residents_of
from services.registry.store import DECISIONS, HOUSEHOLDS, UNSURE
from shared.access import within
from shared.errors import Vanished
from shared.ids import new_id
from shared.units import Unit

AT_ONCE = 150
TRIES = 5


def form_township(desk: Desk, actor: str, township: str) -> None:
    """Bring the households of this township up to date, in units of 150 households; nothing is told of those that stay."""
    for _ in range(TRIES):
        try:
            return _Forming(desk, actor, township).run()
        except (Vanished, DuplicateKeyError):
            continue  # somebody changed or made a household meanwhile: look again
    raise Vanished("the households of this township keep changing")


@dataclass(frozen=True)
class _Forming:
    desk: Desk
    actor: str
    township: str

    def run(self) -> None:
        # Households before people: whoever changes one of these meanwhile changes the household too, and this looks again.
        known = {row["number"]: row for row in self.desk.database[HOUSEHOLDS].find(within(self.township))}
        people, residents = residents_of(self.desk, self.township)
        decided = self._decided()
        formed, unsure = form_households(residents, decided)
        if together := _recalled_together(known.values(), unsure):
            self._remember(together, people)
            formed, unsure = form_households(residents, {**decided, **dict.fromkeys(_pairs(together), True)})
        numbers = _numbers(formed, people, known)
        fresh = [self._household(one, people, numbers[one.members[0]]) for one in formed]
        changes = [doc for doc in fresh if _differs(known.get(doc["number"]), doc)]
        left = {doc["number"] for doc in fresh}
        gone = [row for number, row in sorted(known.items()) if number not in left and row["members"]]
        for start in range(0, max(len(changes), 1), AT_ONCE):
            some, last = changes[start : start + AT_ONCE], start + AT_ONCE >= len(changes)
            self.desk.units.run(lambda unit, some=some, last=last: self._write(unit, some, known, gone if last else []))  # type: ignore[misc]
        self.desk.units.run(lambda unit: self._list_unsure(unit, unsure, people))

    def _decided(self) -> dict[tuple[str, str], bool]:
        rows = self.desk.database[DECISIONS].find(within(self.township))
        return {(row["one_number"], row["other_number"]): row["together"] for row in rows}

    def _remember(self, together: Sequence[Unsure], people: Mapping[str, Doc]) -> None:
        decision = {"revision": 1, "together": True, "by": SYSTEM, "at": self.desk.now()}
        rows = [{**self._unsure(one, people), **decision} for one in together]
        for row in rows:
            del row["why"]
        self.desk.units.run(lambda unit: unit.collection(DECISIONS).insert_many(rows))

    def _household(self, one: FormedHousehold, people: Mapping[str, Doc], number: str) -> Doc:
        members = [people[number] for number in one.members]
        return {
            "number": number,
            "branch": members[0]["branch"],
            "members": [member["_id"] for member in members],
            "numbers": list(one.members),
            "band": strictest(member["band"] for member in members),
            "minors": any(member["minor"] for member in members),
            "risk": min(member["risk"] for member in members),
            "links": [link.value for link in one.links],
        }

    def _write(self, unit: Unit, changes: Sequence[Doc], known: Mapping[str, Doc], gone: Sequence[Doc]) -> None:
        households = unit.collection(HOUSEHOLDS)
        written = [_next(known.get(doc["number"]), doc) for doc in changes]
        households.insert_many([doc for doc in written if doc["revision"] == 1])
        for doc in written:
            if doc["revision"] > 1:
                households.replace(doc, was=doc["revision"] - 1)
                unfit_pairings(unit, self.actor, doc, self.desk.today())
            tell_household(unit, self.actor, doc)
        for household in gone:
            dissolve(unit, self.actor, household, "left")

    def _list_unsure(self, unit: Unit, unsure: Sequence[Unsure], people: Mapping[str, Doc]) -> None:
        rows, here = unit.collection(UNSURE), within(self.township)
        fresh = [self._unsure(one, people) for one in unsure]
        if rows.find(here, sort=[("_id", 1)]) != sorted(fresh, key=lambda row: str(row["_id"])):
            rows.delete_any(here)
            rows.insert_many(fresh)

    def _unsure(self, one: Unsure, people: Mapping[str, Doc]) -> Doc:
        first, second = people[one.one], people[one.other]
        pair = {"one": first["_id"], "other": second["_id"], "one_number": one.one, "other_number": one.other}
        key = f"{one.one}_{one.other}"
        return {"_id": key, "township": self.township, "branch": first["branch"], "why": one.why.value, **pair}


def _recalled_together(households: Iterable[Doc], unsure: Sequence[Unsure]) -> list[Unsure]:
    """Pairs of one household that nothing known joins: a clerk said so, and only the household came back after a restore
    (`recalling/helping.py` gives it no links). It stays decided, and nobody is asked again."""
    home = {one: row["number"] for row in households if row["numbers"][1:] and not row["links"] for one in row["numbers"]}
    return [pair for pair in unsure if pair.one in home and home[pair.one] == home.get(pair.other)]


def _pairs(pairs: Iterable[Unsure]) -> list[tuple[str, str]]:
    return [(pair.one, pair.other) for pair in pairs]


def _numbers(formed: Sequence[FormedHousehold], people: Mapping[str, Doc], known: Mapping[str, Doc]) -> dict[str, str]:
    """First member -> the household's number: its own, or that of the household the members live in already though its
    first member is there no more (erased, moved away): so their pairing goes on."""
    firsts = {one.members[0] for one in formed}
    lived_in = {row["number"] for row in known.values() if row["members"]}
    home = {member: row["number"] for row in known.values() for member in row["members"] if row["number"] not in firsts}
    numbers: dict[str, str] = {}
    taken: set[str] = set()
    for one in formed:
        first = one.members[0]
        there = sorted({home[people[m]["_id"]] for m in one.members if people[m]["_id"] in home} - taken)
        numbers[first] = there[0] if there and first not in lived_in else first
        taken.add(numbers[first])
    return numbers


def _differs(known: Doc | None, fresh: Doc) -> bool:
    return known is None or any(known[name] != value for name, value in fresh.items())


def _next(known: Doc | None, fresh: Doc) -> Doc:
    if known is None:
        return {"_id": new_id(), "revision": 1, **fresh}
    return {**known, **fresh, "revision": known["revision"] + 1}

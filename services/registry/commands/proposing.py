"""Runs the rules that propose pairings for a branch; a clerk accepts. What nobody can cover is kept with why."""

from collections import Counter
from collections.abc import Mapping, Sequence

from services.registry.commands.households import OPEN, may_meet_minors
from services.registry.commands.telling import tell_pairing
from services.registry.desk import Desk, Doc
from services.registry.model.pairing_proposal import (
    Help,
    HouseholdInNeed,
    Proposal,
    Uncovered,
    WillingVolunteer,
    propose,
)
from services.registry.store import BRANCHES, HOUSEHOLDS, PAIRINGS, PROPOSALS, VOLUNTEERS
from shared.access import Principal, within
from shared.ids import new_id
from shared.units import Unit

OWED_A_MONTH = 1
"""Visits a month that a pairing promises: everybody somebody, before anybody often (docs/domain.md, rule 7). What the rhythm
asks beyond it, the scheduler plans within what is left, by risk."""
NEARNESS = ("same_village", "same_township", "same_county")


def propose_pairings(unit: Unit, desk: Desk, who: Principal, branch: str) -> Doc:
    """Propose a volunteer for each household of this branch that has none. Returns the run: how many, and who is left."""
    return _Run(unit, desk, who, branch).run()


class _Run:
    def __init__(self, unit: Unit, desk: Desk, who: Principal, branch: str) -> None:
        self._unit, self._desk, self._who, self._branch = unit, desk, who, branch
        living = {**within(branch), "members": {"$ne": []}}
        self._households = {row["number"]: row for row in unit.collection(HOUSEHOLDS).find(living)}
        active = {**within(branch), "state": "active"}
        self._volunteers = {row["number"]: row for row in unit.collection(VOLUNTEERS).find(active)}
        self._id = new_id()

    def run(self) -> Doc:
        """Propose, write, tell."""
        open_pairings = self._unit.collection(PAIRINGS).find({**within(self._desk.home), "state": {"$in": OPEN}})
        taken = {pairing["household"] for pairing in open_pairings}
        free = [row for row in self._households.values() if row["_id"] not in taken]
        proposals, left = propose(self._needs(free), self._willing(open_pairings))
        pairings = [self._pairing(one) for one in sorted(proposals, key=lambda one: one.household)]
        self._unit.collection(PAIRINGS).insert_many(pairings)
        for pairing in pairings:
            tell_pairing(self._unit, self._who.account, pairing)
        document = {"_id": self._id, "revision": 1, "branch": self._branch, "at": self._desk.now()}
        document |= {"proposed": len(pairings), "uncovered": [self._uncovered(one) for one in left]}
        self._unit.collection(PROPOSALS).insert(document)
        return document

    def _needs(self, free: Sequence[Doc]) -> list[HouseholdInNeed]:
        codes = self._codes({row["branch"] for row in free})
        return [
            HouseholdInNeed(
                number=row["number"],
                village=codes.get(row["branch"], ""),
                has_minor=row["minors"],
                risk=row["risk"],
                visits=OWED_A_MONTH,
            )
            for row in free
        ]

    def _codes(self, paths: set[str]) -> Mapping[str, str]:
        rows = self._unit.collection(BRANCHES).find({"branch": {"$in": sorted(paths)}})
        return {row["branch"]: row["code"] for row in rows}

    def _willing(self, open_pairings: Sequence[Doc]) -> list[WillingVolunteer]:
        homes = Counter(pairing["volunteer"] for pairing in open_pairings)
        today = self._desk.today()
        return [
            WillingVolunteer(
                number=row["number"],
                place=row["place_code"],
                households=row["households"] - homes[row["_id"]],
                visits=row["visits_a_month"] - OWED_A_MONTH * homes[row["_id"]],
                check_valid=may_meet_minors(row, today),
            )
            for row in self._volunteers.values()
        ]

    def _pairing(self, one: Proposal) -> Doc:
        household, volunteer = self._households[one.household], self._volunteers[one.volunteer]
        return {
            "_id": new_id(),
            "revision": 1,
            "branch": household["branch"],
            "state": "proposed",
            "household": household["_id"],
            "household_number": one.household,
            "volunteer": volunteer["_id"],
            "volunteer_number": one.volunteer,
            "person": volunteer["person"],
            "nearness": "no_place" if one.help is Help.TELEPHONE else NEARNESS[one.distance],
            "proposal": self._id,
        }

    def _uncovered(self, one: Uncovered) -> Doc:
        household = self._households[one.household]
        told = {"household": household["_id"], "number": one.household, "branch": household["branch"]}
        return {**told, "reason": one.reason.value, "telephone": one.telephone}

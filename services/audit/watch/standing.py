"""Concerns about a state that is looked at again and again: open while it is so, closed by themselves when it is no more.

What stands in the database is compared with what is seen now, so that a restart neither doubles nor forgets one.
"""

from collections.abc import Sequence
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database

from services.audit.commands.concerns import OPEN, Concerns, Matter, name_of
from services.audit.model.concern import RULES
from services.audit.store import CONCERNS
from shared.units import Unit, Units

Doc = dict[str, Any]
FILLED = "filled"
"""The word such a concern is closed with."""


class Standing:
    """Settles one kind of concern at a time. Raises PyMongoError: the next look does it again."""

    def __init__(self, units: Units, database: Database[Doc], concerns: Concerns) -> None:
        self._units, self._concerns = units, concerns
        self._rows: Collection[Doc] = database[CONCERNS]

    def open_now(self, kind: str) -> set[str]:
        """The keys (`name_of`) of those of this kind that are open."""
        return {row["key"] for row in self._rows.find({"kind": kind, "state": OPEN}, {"key": 1})}

    def settle(self, kind: str, matters: Sequence[Matter]) -> None:
        """Have exactly these open of this kind. One that a person closed comes back after its rule's pause while it is so."""
        wanted = {name_of(matter, level): matter for matter in matters for level in RULES[kind].levels}
        known = self.open_now(kind)
        fresh = [matter for name, matter in wanted.items() if name not in known]
        if not fresh and known <= wanted.keys():
            return

        def work(unit: Unit) -> None:
            for matter in fresh:
                self._concerns.open(unit, matter)
            self._concerns.close_others(unit, kind, wanted.keys(), FILLED)

        self._units.run(work)

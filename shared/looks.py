"""Looks: whoever is shown personal fields is written down before the answer leaves (Children's rules of 2019, art. 8-10).

One event per answer with up to 50 people; the same account, people and page once in 15 minutes of county time.
"""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from shared.access import Principal
from shared.canonical import canonical
from shared.clock import CountyClock
from shared.ids import new_id
from shared.units import Unit, Units

NAME = "looks"
ONCE_IN = timedelta(minutes=15)
MOST_PEOPLE = 50


class Looks:
    """Writes looks down for one service. Thread-safe."""

    def __init__(self, units: Units, database: Database[dict[str, Any]], clock: CountyClock) -> None:
        self._units, self._rows, self._clock = units, database[NAME], clock

    def prepare(self) -> None:
        """Make the index by which the marks go."""
        self._rows.create_index("at", expireAfterSeconds=24 * 3600)

    def note(self, who: Principal, people: Iterable[str], page: str, branch: str, reason: str = "care") -> None:
        """Tell that `who` was shown these people's fields on `page`. Returns after the commit; nothing for nobody."""
        shown = sorted(set(people))
        for start in range(0, len(shown), MOST_PEOPLE):
            self._note(who, shown[start : start + MOST_PEOPLE], page, branch, reason)

    def _note(self, who: Principal, people: list[str], page: str, branch: str, reason: str) -> None:
        now = self._clock.now()
        slot = int(now.timestamp() // ONCE_IN.total_seconds())
        mark = hashlib.sha256(canonical([who.account, page, people, slot])).hexdigest()
        if self._rows.find_one({"_id": mark}) is not None:
            return

        def work(unit: Unit) -> None:
            unit.collection(NAME).insert({"_id": mark, "at": now})
            data = {"people": people, "page": page, "reason": reason}
            unit.tell("look.taken.v1", subject=new_id(), revision=1, branch=branch, actor=who.account, data=data)

        try:
            self._units.run(work)
        except DuplicateKeyError:
            return  # the same look, told by another request at this moment

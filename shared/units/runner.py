"""Runs units of work: each in a MongoDB transaction of its own, or the commands that wait at one moment together in one.

Majority, journaled, snapshot reads; the work runs again as a whole on write conflicts and transient errors.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pymongo
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shared.events.envelope import Event
from shared.faultpoints import FaultPoints
from shared.units import outbox
from shared.units.bound import Writes
from shared.units.teller import Teller
from shared.units.together import Apart, Call, Together
from shared.units.unit import Unit

T = TypeVar("T")
Doc = dict[str, Any]
Work = Callable[[Unit], T]
DEADLINE_SECONDS = 20.0
SNAPSHOT = ReadConcern("snapshot")
MAJORITY = WriteConcern("majority", j=True)


class Units:
    """Runs units of work against one service's database. Safe to share between threads; make it after a fork."""

    def __init__(self, client: MongoClient[Doc], database: str, teller: Teller, faults: FaultPoints | None = None) -> None:
        self._client, self._teller = client, teller
        self._database: Database[Doc] = client[database]
        self._faults = faults or FaultPoints()
        self.together = Together(self._run_group, DEADLINE_SECONDS)

    def run(self, work: Work[T]) -> T:
        """Run `work` in one transaction and return its result after the commit.

        Run again as a whole on write conflicts and transient errors, for at most 20 s of machine time; then the error is
        raised and nothing was written, or, when the commit's answer was lost for good, the outcome is unknown.
        """

        def attempt(writes: Writes) -> T:
            unit = Unit(writes, self._teller)
            result = work(unit)
            self._write_told(writes, unit.told)
            return result

        return self._commit(attempt)

    def run_together(self, work: Work[T]) -> T:
        """As `run`, for a command of a caller who waits: those that wait at one moment share one transaction.

        Each runs in turn and sees what those before it did. One that raises before it wrote is left out and nobody else is
        troubled; what fails in any other way is run alone. No answer, a refusal included, leaves before the commit.
        """
        return self.together.run(work, lambda: self.run(work))

    def _run_group(self, calls: Sequence[Call]) -> None:
        """Give each call its result or its refusal. Raises Apart when each must be run alone: nothing was written."""
        committing = False

        def attempt(writes: Writes) -> None:
            nonlocal committing
            committing = False
            told: list[Event] = []
            for call in calls:
                told += self._run_part(writes, call)
            self._write_told(writes, told)
            committing = True

        try:
            self._commit(attempt)
        except ConnectionFailure:
            raise
        except Exception as error:
            if committing:
                raise
            raise Apart from error

    def _run_part(self, writes: Writes, call: Call) -> Sequence[Event]:
        unit = Unit(writes, self._teller)
        writes.begin_part()
        try:
            call.succeed(call.context.run(_within_deadline, call.work, unit))
        except PyMongoError:
            raise
        except Exception as error:
            if not writes.take_part_back():
                raise
            call.refuse(error)
            return ()
        return unit.told

    def _write_told(self, writes: Writes, told: Sequence[Event]) -> None:
        writes.gather(outbox.NAME, outbox.insertions(told))
        writes.send_all()
        self._faults.passing("before_commit")

    def _commit(self, attempt: Callable[[Writes], T]) -> T:
        def once(session: ClientSession) -> T:
            return attempt(Writes(self._database, session))

        with pymongo.timeout(DEADLINE_SECONDS), self._client.start_session() as session:
            result = session.with_transaction(once, read_concern=SNAPSHOT, write_concern=MAJORITY)
        self._faults.passing("after_commit")
        return result


def _within_deadline(work: Work[T], unit: Unit) -> T:
    """In the caller's own context, which knows no deadline yet."""
    with pymongo.timeout(DEADLINE_SECONDS):
        return work(unit)

"""Works the held events whose time has come, and lays aside those that fail: retry, wait, or park.

A person's hand (`retry`, `drop`) works here too, so that there is one way out of the held rows.
"""

from datetime import UTC, datetime
from typing import Any

import structlog
from pymongo.database import Database

from shared.clock import MachineClock
from shared.errors import Malformed, NotFound, NotYetKnown
from shared.events import Event
from shared.ids import new_id
from shared.inbox import held
from shared.inbox.taking import ASIDE, Inbox, due, event_of
from shared.logs import where_it_failed
from shared.units import Unit, Units

log = structlog.get_logger()
AT_A_TIME = 20
LOOK_EVERY_SECONDS = 0.25
Doc = dict[str, Any]


class Retries:
    """The held rows of one service."""

    def __init__(
        self,
        units: Units,
        database: Database[Doc],
        inbox: Inbox,
        clock: MachineClock,
        patience: held.Patience = held.ORDINARY,
    ) -> None:
        self._patience = patience
        self._units, self._rows, self._inbox, self._clock = units, database[held.NAME], inbox, clock
        self._look_at = 0.0
        self.somebody_waits = True
        """Whether any event waits for a thing not known yet, a quarter of a second old at most."""

    def work(self) -> None:
        """Try what is due. Looks at most four times a second."""
        if self._clock.monotonic() < self._look_at:
            return
        rows = due(self._rows, self._clock.now(), AT_A_TIME)
        self.somebody_waits = self._rows.find_one({"state": held.AWAITS}, {"_id": 1}) is not None
        for row in rows:
            self._try(row)
        self._look_at = self._clock.monotonic() + (0 if rows else LOOK_EVERY_SECONDS)

    def lay_aside(self, event: Event, error: Exception) -> None:
        """An event failed when it came: hold it as its error asks."""
        state, more = self._fate(error, 0)
        self.somebody_waits = self.somebody_waits or state == held.AWAITS
        log.warning("event_held", type=event.type, event_id=event.id, state=state, error=type(error).__name__)
        self._units.run(lambda unit: self._inbox.lay_aside(unit, event, state, **more))

    def retry(self, event_id: str, actor: str, branch: str) -> None:
        """A person has a parked event tried again now. Raises NotFound."""
        self._units.run(lambda unit: self.retry_in(unit, event_id, actor, branch))

    def retry_in(self, unit: Unit, event_id: str, actor: str, branch: str) -> None:
        """`retry` in a unit of work of the caller's."""
        row = self._parked(unit, event_id)
        change = {"state": held.RETRY, "due_at": self._clock.now(), "tries": 0}
        unit.collection(held.NAME).update({"_id": row["_id"], "state": held.PARKED}, {"$set": change})
        self._tell_released(unit, row, "retry", actor, branch)

    def drop(self, event_id: str, actor: str, branch: str) -> None:
        """A person has a parked event passed over. Raises NotFound."""
        self._units.run(lambda unit: self.drop_in(unit, event_id, actor, branch))

    def drop_in(self, unit: Unit, event_id: str, actor: str, branch: str) -> None:
        """`drop` in a unit of work of the caller's."""
        row = self._parked(unit, event_id)
        self._inbox.drop(unit, row)
        self._tell_released(unit, row, "drop", actor, branch)

    def _try(self, row: Doc) -> None:
        def work(unit: Unit) -> None:
            if unit.collection(held.NAME).find_one({"_id": row["_id"], "state": row["state"]}) is not None:
                self._inbox.take_held(unit, row, event_of(row))

        try:
            self._units.run(work)
        except Exception as error:  # any handler may fail in any way; with the database away the next line raises too
            self._failed_again(row, error)

    def _failed_again(self, row: Doc, error: Exception) -> None:
        state, more = self._fate(error, row["tries"] + 1, row)
        if state == held.PARKED:
            reason, field, trace = more["reason"], more.get("field", ""), more.get("trace", "")
            self._units.run(lambda unit: self._inbox.park_row(unit, row, reason, field, trace))
            return
        change = {"$set": {"state": state, **more}, "$inc": {"tries": 1}}
        self._units.run(lambda unit: unit.collection(held.NAME).update_any({"_id": row["_id"]}, change))

    def _fate(self, error: Exception, tries: int, row: Doc | None = None) -> tuple[str, Doc]:
        now = self._clock.now()
        if isinstance(error, Malformed):
            return held.PARKED, {"reason": error.reason, "field": error.field_name}
        if isinstance(error, NotYetKnown):
            if row is not None and now - _aware(row["since"]) > self._patience.await_at_most:
                return held.PARKED, {"reason": "never_known", "field": error.thing}
            return held.AWAITS, {"thing": error.thing, "due_at": now + self._patience.await_again}
        reason = type(error).__name__
        if tries >= self._patience.most_tries:
            return held.PARKED, {"reason": reason, "trace": where_it_failed(error)}
        return held.RETRY, {"reason": reason, "due_at": now + self._patience.delay(tries)}

    def _parked(self, unit: Unit, event_id: str) -> Doc:
        row = unit.collection(held.NAME).find_one({"_id": event_id, "state": held.PARKED})
        if row is None:
            raise NotFound("no parked event has this id")
        return row

    def _tell_released(self, unit: Unit, row: Doc, decision: str, actor: str, branch: str) -> None:
        data: Doc = {"decision": decision}
        if "type" in row:
            data["event"] = row["_id"].removeprefix(ASIDE)
        unit.tell("event.released.v1", subject=new_id(), revision=1, branch=branch, actor=actor, data=data)


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)

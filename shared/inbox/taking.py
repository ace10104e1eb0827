"""Takes events in: judges each by its subject's progress, runs its handler, and writes effect and progress in one unit of work.

`take` is called inside `Units.run`. A handler's error ends the whole unit; the consumer then takes each event alone.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.clock import MachineClock
from shared.errors import Malformed
from shared.events import Event, EventType, Kind, catalogue
from shared.events.catalogue import ANY_SERVICE, describe
from shared.events.envelope import read
from shared.events.schema import EventSchema
from shared.ids import new_id
from shared.inbox import held
from shared.inbox.progress import Progress, Verdict
from shared.tracing import following
from shared.units import Unit, sums

PROGRESS = "progress"
ASIDE = "other:"
NOT_OF_THE_CHAIN = ("other_county", "not_the_owner")
Handler = Callable[[Unit, Event], None]
Doc = dict[str, Any]


class _Unknown(EventSchema):
    """A type this version does not know: ticked off in its chain, kept by the log."""


_UNKNOWN = describe(_Unknown, ANY_SERVICE)


class Inbox:
    """The taking-in of one service: its handlers by type, and how a failure is laid aside. Holds no state of its own."""

    def __init__(
        self,
        county: str,
        service: str,
        home: str,
        handlers: Mapping[str, Handler],
        clock: MachineClock,
        shard: str = "",
    ) -> None:
        self._county, self._service, self._home = county, service, home
        self._handlers, self._clock, self._shard = handlers, clock, shard

    def examine(self, event: Event) -> EventType | None:
        """The type of an event that keeps its contract; None for one this service does not know. Raises Malformed."""
        known = catalogue().get(event.type)
        if event.source.rsplit("/", 1)[0] != f"/springrain/{self._county}":
            raise Malformed("other_county", "source")
        if known is None:
            return None
        if known.teller not in (event.service, ANY_SERVICE):
            raise Malformed("not_the_owner", "source")
        if event.type in self._handlers and (faults := known.check_open_leniently(event.data)):
            raise Malformed(faults[0].code, faults[0].field)
        return known

    def take(self, unit: Unit, events: Sequence[Event], *, wake: bool = True) -> None:
        """Take these events in, in the order they came. Without `wake` what waits for their things is left to its sweep."""
        table = self._load(unit, {event.subject for event in events})
        news = [event for event in events if self._take_one(unit, table[event.subject], event)]
        self._wake_next(unit, table.values())
        if wake:
            self._wake_waiting(unit, {event.subject for event in news})
        self._save(unit, table.values())
        self._count(unit, news)

    def take_held(self, unit: Unit, row: Doc, event: Event) -> None:
        """Handle an event that was held and wake the one behind it. Raises what its handler raises.

        One that was laid beside its chain is judged anew.
        """
        if row.get("aside"):
            unit.collection(held.NAME).delete({"_id": row["_id"]})
            self.take(unit, [event])
            return
        progress = self._load(unit, {event.subject})[event.subject]
        self._settle_held(unit, progress, row, event)
        self._wake_next(unit, [progress])
        self._wake_waiting(unit, {event.subject})
        self._save(unit, [progress])

    def lay_aside(self, unit: Unit, event: Event, state: str, **more: Any) -> None:
        """Hold an event that just came and failed. A copy of one held already changes nothing."""
        if more.get("reason") in NOT_OF_THE_CHAIN:
            self.park_beside(unit, event, more["reason"], more.get("field", ""))
            return
        progress = self._load(unit, {event.subject})[event.subject]
        if event.revision <= progress.reached or event.revision in progress.done or event.revision in progress.held:
            return
        unit.collection(held.NAME).insert(held.row(event, state, self._clock.now(), **more))
        progress.source = event.service
        progress.hold(event.revision, event.id)
        self._save(unit, [progress])
        self._count(unit, [event])
        if state == held.PARKED:
            self.tell_parked(unit, event, more["reason"], more.get("field", ""))

    def park_row(self, unit: Unit, row: Doc, reason: str, field: str = "", trace: str = "") -> None:
        """Give up on a held event. One that was settled meanwhile needs nothing."""
        rows = unit.collection(held.NAME)
        change = {"state": held.PARKED, "reason": reason, "field": field, "trace": trace}
        if rows.update_any({"_id": row["_id"]}, {"$set": change, "$unset": {"due_at": "", "thing": ""}}):
            self.tell_parked(unit, None, reason, field, row)

    def park_unreadable(self, unit: Unit, key: str, body: bytes, reason: str) -> None:
        """Keep bytes that are no event of ours. The same bytes again change nothing."""
        rows = unit.collection(held.NAME)
        if rows.find_one({"_id": key}) is None:
            rows.insert(held.unreadable_row(key, body, reason, self._clock.now()))
            self.tell_parked(unit, None, reason)

    def park_beside(self, unit: Unit, event: Event, reason: str, field: str) -> None:
        """Keep an event that must not touch its subject's chain: another body under a known revision, a false teller."""
        key = ASIDE + event.id
        rows = unit.collection(held.NAME)
        if rows.find_one({"_id": key}) is None:
            row = held.row(event, held.PARKED, self._clock.now(), reason=reason, field=field)
            rows.insert(row | {"_id": key, "aside": True})
            self.tell_parked(unit, event, reason, field)

    def drop(self, unit: Unit, row: Doc) -> None:
        """A person decided: this event is passed over, what queued behind it goes on."""
        unit.collection(held.NAME).delete({"_id": row["_id"]})
        if "revision" in row and not row.get("aside"):
            progress = self._load(unit, {row["subject"]})[row["subject"]]
            progress.settle(row["revision"], row["_id"])
            self._wake_next(unit, [progress])
            self._save(unit, [progress])

    def tell_parked(self, unit: Unit, event: Event | None, reason: str, field: str = "", row: Doc | None = None) -> None:
        """Tell that an event was parked; never about an event that itself speaks of parking or a concern."""
        type_ = event.type if event else (row or {}).get("type", "")
        if type_.startswith(("event.parked", "concern.")):
            return
        data: Doc = {"reason": _code(reason)}
        if type_:
            event_id = event.id if event else (row or {})["_id"].removeprefix(ASIDE)
            data |= {"event": event_id, "event_type": _code(type_, 60)}
        if field:
            data["field"] = _code(field)
        actor = f"system:{self._service}"
        unit.tell("event.parked.v1", subject=new_id(), revision=1, branch=self._home, actor=actor, data=data)

    def _take_one(self, unit: Unit, progress: Progress, event: Event) -> bool:
        kind = self.examine(event) or _UNKNOWN
        progress.source = event.service
        verdict = progress.judge(event, kind)
        if verdict is Verdict.HANDLE:
            early = event.revision > progress.reached + 1
            self._handle(unit, event)
            if early and kind.is_(Kind.RESTRICTS):
                self._lay_ahead(unit, progress, event)  # and once more in its turn: an older event must not undo it
                return True
            if kind.is_(Kind.STATE) and progress.held:
                self._settle_older_states(unit, progress, event.revision)
            progress.settle(event.revision, event.id, state=kind.is_(Kind.STATE))
        elif verdict is Verdict.SETTLED:
            progress.settle(event.revision, event.id)
        elif verdict is Verdict.AHEAD:
            self._lay_ahead(unit, progress, event)
        elif verdict is Verdict.OTHER_BODY:
            self.park_beside(unit, event, "other_body", "revision")
        return verdict in (Verdict.HANDLE, Verdict.SETTLED, Verdict.AHEAD)

    def _lay_ahead(self, unit: Unit, progress: Progress, event: Event) -> None:
        unit.collection(held.NAME).insert(held.row(event, held.AHEAD, self._clock.now()))
        progress.hold(event.revision, event.id)

    def _handle(self, unit: Unit, event: Event) -> None:
        handler = self._handlers.get(event.type)
        if handler is None:
            return
        unit.handling = event
        try:
            with following(event.trace):
                handler(unit, event)
        finally:
            unit.handling = None

    def _wake_next(self, unit: Unit, table: Iterable[Progress]) -> None:
        """What lay ahead of a gap that has closed is due now, in a unit of its own: its failure must not be another's."""
        following = [p.held[p.reached + 1] for p in table if p.stuck]
        if following:
            change = {"$set": {"state": held.RETRY, "due_at": self._clock.now()}}
            unit.collection(held.NAME).update_any({"_id": {"$in": following}, "state": held.AHEAD}, change)

    def _settle_held(self, unit: Unit, progress: Progress, row: Doc, event: Event) -> None:
        kind = self.examine(event) or _UNKNOWN
        if not progress.may_handle(event, kind):  # it failed before anybody saw that it came ahead of its turn
            _lay_back(unit, row)
            return
        if not (kind.is_(Kind.STATE) and event.revision < progress.state):
            self._handle(unit, event)
        if event.revision > progress.reached + 1 and kind.is_(Kind.RESTRICTS):
            _lay_back(unit, row)
            return
        unit.collection(held.NAME).delete({"_id": row["_id"]})
        progress.settle(event.revision, event.id, state=kind.is_(Kind.STATE))

    def _settle_older_states(self, unit: Unit, progress: Progress, revision: int) -> None:
        older = [i for r, i in progress.held.items() if r < revision]
        for row in unit.collection(held.NAME).find({"_id": {"$in": older}}):
            known = catalogue().get(row["type"])
            if known is not None and known.is_(Kind.STATE):
                unit.collection(held.NAME).delete({"_id": row["_id"]})
                progress.settle(row["revision"], row["_id"])

    def _wake_waiting(self, unit: Unit, things: set[str]) -> None:
        unit.collection(held.NAME).update_any(
            {"thing": {"$in": list(things)}, "state": held.AWAITS}, {"$set": {"due_at": self._clock.now()}}
        )

    def _count(self, unit: Unit, events: Sequence[Event]) -> None:
        heard = sums.summed((sums.heard_key(event, self._shard), event.id) for event in events)
        sums.add(unit.collection(sums.HEARD), heard)

    def _load(self, unit: Unit, subjects: set[str]) -> dict[str, Progress]:
        rows = unit.collection(PROGRESS).find({"_id": {"$in": list(subjects)}})
        table = {subject: Progress(subject) for subject in subjects}
        table.update((row["_id"], Progress.from_row(row)) for row in rows)
        return table

    def _save(self, unit: Unit, table: Iterable[Progress]) -> None:
        now = self._clock.now()
        rows = {p.subject: p.to_row(now) for p in table}
        known = {p.subject for p in table if p.known}
        unit.collection(PROGRESS).insert_many([row for subject, row in rows.items() if subject not in known])
        unit.collection(PROGRESS).replace_rows([row for subject, row in rows.items() if subject in known])


def _lay_back(unit: Unit, row: Doc) -> None:
    """Until its turn."""
    change = {"$set": {"state": held.AHEAD}, "$unset": {"due_at": ""}}
    unit.collection(held.NAME).update_any({"_id": row["_id"]}, change)


def event_of(row: Doc) -> Event:
    """The event a held row keeps."""
    return read(bytes(row["body"]))


def _code(text: str, most: int = 80) -> str:
    """A reason as a machine word that an open field may hold."""
    return re.sub(r"[^A-Za-z0-9_.:|-]+", "_", text).strip("_.:|-")[:most] or "unnamed"


def due(rows: Any, now: datetime, most: int) -> list[Doc]:
    """Held rows whose time has come, oldest first."""
    wanted = {"state": {"$in": [held.RETRY, held.AWAITS]}, "due_at": {"$lte": now}}
    return list(rows.find(wanted, sort=[("due_at", 1)], limit=most))

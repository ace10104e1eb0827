"""What the audit service does when an event arrives: one table, type -> function. Most of it are rules (model/concern.py).

Never the log's own work: the log has a queue of its own and takes everything, whatever happens here.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.audit.commands.concerns import Concerns, Matter
from services.audit.evidence.keeping import keeping
from services.audit.evidence.keeps import Keeps
from services.audit.model.concern import CLOSES, NO_PAIRING_AFTER_DAYS, OPENS, Closes, Opens, fits
from services.audit.store import BRANCHES, HOMES, HOUSES, PAIRINGS, PERSONS
from shared import rights
from shared.clock import CountyClock, at_county, county_day, from_wire
from shared.events import Event
from shared.inbox import Handler
from shared.sealing import ERASED, Sealer
from shared.units import Unit
from shared.units.timers import Timer, TimerHandler, cancel_timer, set_timer

Doc = dict[str, Any]
NO_PAIRING = "no_pairing"
MORNING = 9


class Watch:
    """The handlers and timers of the audit service, with what they need."""

    def __init__(self, concerns: Concerns, sealer: Sealer, clock: CountyClock, keeps: Keeps | None = None) -> None:
        self._concerns, self._sealer, self._clock, self._keeps = concerns, sealer, clock, keeps

    def handlers(self) -> Mapping[str, Handler]:
        """Type -> function; of several for one type each runs, in the order given here."""
        table: dict[str, list[Handler]] = {}
        for type_, handler in (*self._known(), *self._rules(), *keeping(self._keeps)):
            table.setdefault(type_, []).append(handler)
        return {type_: _in_turn(handlers) for type_, handlers in table.items()}

    def timers(self) -> Mapping[str, TimerHandler]:
        """What is done when time comes."""
        return {NO_PAIRING: self._look_for_pairing}

    def _known(self) -> tuple[tuple[str, Handler], ...]:
        """What must be known of branches, accounts, people and households."""
        return (
            ("branch.registered.v1", _know_branch),
            ("account.registered.v1", _know_rights),
            ("account.rights_changed.v1", _know_rights),
            ("person.registered.v1", _know_person),
            ("person.changed.v1", _know_person),
            ("household.formed.v1", self._know_house),
            ("household.changed.v1", self._know_house),
            ("pairing.formed.v1", self._pairing_formed),
            ("pairing.ended.v1", self._pairing_ended),
            ("visit.completed.v1", _know_visit),
            ("visit.disputed.v1", self._disputed),
            ("look_in.told_back.v1", self._told_back),
        )

    def _rules(self) -> list[tuple[str, Handler]]:
        opens: list[tuple[str, Handler]] = [(rule.type, self._opener(rule)) for rule in OPENS]
        return opens + [(rule.type, self._closer(rule)) for rule in CLOSES]

    def _opener(self, rule: Opens) -> Handler:
        def open_concern(unit: Unit, event: Event) -> None:
            if fits(event.data, rule.when, rule.unless) and not _settled_since(unit, rule, event):
                self._concerns.open(unit, matter(rule, event))

        return open_concern

    def _closer(self, rule: Closes) -> Handler:
        def close_concerns(unit: Unit, event: Event) -> None:
            if fits(event.data, rule.when):
                upto = _day(event.data[rule.at]) if rule.at else ""
                only = tuple(_said(name, event) for name in rule.per)
                self._concerns.close_about(unit, _said(rule.about, event), rule.kinds, event.type, upto, only)

        return close_concerns

    def _disputed(self, unit: Unit, event: Event) -> None:
        """A dispute goes to the township, sealed: neither branch nor volunteer is named (docs/domain.md, rule 2)."""
        matter = dispute(self._sealer, event)
        if matter is not None:
            self._concerns.open(unit, matter)

    def _told_back(self, unit: Unit, event: Event) -> None:
        """The relative who asked knows how it is: nothing is overdue any more."""
        for house in unit.collection(HOUSES).find({"members": event.data["recipient"]}):
            self._concerns.close_about(unit, house["_id"], ("look_in_overdue",), event.type)

    def _know_house(self, unit: Unit, event: Event) -> None:
        house = {"branch": event.branch, "number": event.data["number"], "members": event.data["members"]}
        if not _put(unit, HOUSES, event.subject, house):
            return
        if not _paired(unit, event.subject):
            self._look_later(unit, event.subject)

    def _pairing_formed(self, unit: Unit, event: Event) -> None:
        _put(unit, PAIRINGS, event.subject, {"household": event.data["household"], "formed": True})
        cancel_timer(unit, f"{NO_PAIRING}:{event.data['household']}")

    def _pairing_ended(self, unit: Unit, event: Event) -> None:
        household = event.data["household"]
        _put(unit, PAIRINGS, event.subject, {"household": household, "formed": False})
        if event.data["why"] != "erased" and not _paired(unit, household):
            self._look_later(unit, household)

    def _look_later(self, unit: Unit, household: str) -> None:
        due = at_county(county_day(self._clock.now()) + timedelta(days=NO_PAIRING_AFTER_DAYS), MORNING)
        timer = f"{NO_PAIRING}:{household}"
        cancel_timer(unit, timer)
        set_timer(unit, NO_PAIRING, due, {"household": household}, timer)

    def _look_for_pairing(self, unit: Unit, timer: Timer) -> None:
        household = timer.payload["household"]
        house = unit.collection(HOUSES).find_one({"_id": household})
        if house is not None and house["members"] and not _paired(unit, household):
            self._concerns.open(unit, Matter("no_pairing", house["branch"], about=household, at=timer.due_at))


def _in_turn(handlers: list[Handler]) -> Handler:
    def each(unit: Unit, event: Event) -> None:
        for handler in handlers:
            handler(unit, event)

    return each


def dispute(sealer: Sealer, event: Event) -> Matter | None:
    """What a disputed visit raises; None when it was erased."""
    inner = sealer.open(event.subject, "event", event.id, event.sealed()[event.subject])
    if inner is ERASED:
        return None
    shown = {"household": inner["household"]}
    words = {"about": inner["visit"], "cause": event.id, "record": event.subject}
    return Matter("disputed", inner["true_branch"], shown=shown, **words)


def matter(rule: Opens, event: Event) -> Matter:
    """What an event raises by this rule."""
    return Matter(
        rule.kind,
        event.branch,
        about=_said(rule.about, event),
        per=tuple(_said(name, event) for name in rule.per),
        shown={name: event.data[name] for name in rule.shown if name in event.data},
        cause=event.id,
    )


def _said(name: str, event: Event) -> str:
    if name in ("subject", "source"):
        return event.subject if name == "subject" else event.service
    return str(event.data.get(name, ""))


def _settled_since(unit: Unit, rule: Opens, event: Event) -> bool:
    """A missed visit whose home was visited on that day or later is no concern any more, in whatever order they came."""
    if rule.kind != "missed":
        return False
    home = unit.collection(HOMES).find_one({"_id": event.data["household"]})
    return home is not None and home["visited_on"] >= event.data["day"]


def _know_visit(unit: Unit, event: Event) -> None:
    homes, household, day = unit.collection(HOMES), event.data["household"], _day(event.data["at"])
    home = homes.find_one({"_id": household})
    if home is None:
        homes.insert({"_id": household, "visited_on": day})
    elif home["visited_on"] < day:
        homes.update({"_id": household}, {"$set": {"visited_on": day}})


def _know_branch(unit: Unit, event: Event) -> None:
    data = event.data
    _put(unit, BRANCHES, event.subject, {"path": event.branch, "level": data["level"], "name": data["name"]})


def _know_person(unit: Unit, event: Event) -> None:
    _put(unit, PERSONS, event.subject, {"number": event.data["number"], "branch": event.branch})


def _know_rights(unit: Unit, event: Event) -> None:
    rights.note(unit, event.subject, event.data["rights"])


def _put(unit: Unit, collection: str, thing: str, row: Doc) -> bool:
    """Keep what is known of a thing. True when it was not known before."""
    rows = unit.collection(collection)
    if rows.find_one({"_id": thing}) is None:
        rows.insert({"_id": thing, **row})
        return True
    rows.update({"_id": thing}, {"$set": row})
    return False


def _paired(unit: Unit, household: str) -> bool:
    return bool(unit.collection(PAIRINGS).find_one({"household": household, "formed": True}))


def _day(instant: str) -> str:
    return county_day(from_wire(instant)).isoformat()

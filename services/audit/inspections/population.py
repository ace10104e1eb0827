"""What an inspection may draw from: visits reported as done, endings and changes, told by the log's open fields alone. Pure.

Fed with entries below the checkpoint, in any order, it gives the same members: a server's own query and somebody's walk
through a bundle must agree. Says nothing of disputes: they are hidden, and a sample must not betray them (rule 2).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.audit.inspections.rule import CROWDED_ABOVE, MOVED_OFTEN, NO_CARE, RARER
from shared.clock import county_day_of_hour

Said = Mapping[str, Any]
PERSONS = ("person.registered.v1", "person.changed.v1")
HOUSEHOLDS = ("household.formed.v1", "household.changed.v1")
ENDS = ("pairing.ended.v1", "person.erased.v1")
VISITS = ("visit.completed.v1", "visit.moved.v1", "visit.confirmed.v1")
READ = frozenset({*PERSONS, *HOUSEHOLDS, *ENDS, *VISITS})
"""The types a population is made of; all others are passed over."""
OWNERS = {"person": "registry", "household": "registry", "pairing": "registry", "visit": "scheduler"}


@dataclass(frozen=True, slots=True)
class Span:
    """What is inspected: a branch with all below it, from one county day through another, in one county's log."""

    county: str
    scope: str
    first_day: str
    last_day: str

    def holds(self, branch: str, day: str) -> bool:
        """Whether something of this branch and day is inspected."""
        inside = branch == self.scope or branch.startswith(self.scope + "/")
        return inside and self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class Member:
    """One thing that may be drawn: the entry that tells it, by its event's id. `about`: the household or person."""

    id: str
    index: int
    stratum: str
    branch: str
    day: str
    about: str


@dataclass(frozen=True, slots=True)
class _Told:
    index: int
    event: Said
    day: str

    def member(self, stratum: str) -> Member:
        return Member(self.event["id"], self.index, stratum, self.event["branch"], self.day, _about(self.event))


@dataclass(frozen=True, slots=True)
class _State:
    revision: int
    care: str
    band: str


@dataclass(frozen=True, slots=True)
class Asks:
    """The things whose other entries, inside the scope or out of it, say of which stratum a member is."""

    visits: set[str]
    homes: set[str]
    volunteers: set[str]
    persons: set[str]


class Population:
    """Takes entries, then gives the members. Of two entries with one event id the earlier counts."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._done: dict[str, _Told] = {}
        self._ends: dict[str, _Told] = {}
        self._changes: dict[str, _Told] = {}
        self._homes: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._moves: defaultdict[str, set[str]] = defaultdict(set)
        self._confirmed: set[str] = set()
        self._bands: dict[str, tuple[int, int, str]] = {}
        self._states: defaultdict[str, set[_State]] = defaultdict(set)

    def take(self, index: int, event: Said) -> None:
        """Note one entry's event. What is no event of this county's owner of that noun is passed over."""
        type_ = event["type"]
        noun = type_.split(".", 1)[0]
        if type_ not in READ or event["source"] != f"/springrain/{self._span.county}/{OWNERS[noun]}":
            return
        if type_ in VISITS:
            self._take_visit(index, event)
        elif type_ in HOUSEHOLDS:
            known = (event["revision"], -index, str(event["data"].get("band", "")))
            self._bands[event["subject"]] = max(known, self._bands.get(event["subject"], known))
        else:
            self._take_change(index, event)

    def asks(self) -> "Asks":
        """What other entries must be asked about, once all of the scope and period were taken."""
        done = [told.event for told in self._done.values()]
        return Asks(
            {event["subject"] for event in done},
            {_about(event) for event in done},
            {str(event["data"].get("volunteer")) for event in done},
            {told.event["subject"] for told in self._changes.values()},
        )

    def members(self) -> list[Member]:
        """All members by event id."""
        found = [
            *(told.member("ending") for told in self._ends.values()),
            *(told.member(self._kind_of_change(told.event)) for told in self._changes.values()),
            *(told.member(self._kind_of_visit(told)) for told in self._done.values()),
        ]
        return sorted(found, key=lambda member: member.id)

    def _take_visit(self, index: int, event: Said) -> None:
        visit, data = event["subject"], event["data"]
        if event["type"] == "visit.moved.v1":
            self._moves[visit].add(event["id"])
        elif event["type"] == "visit.confirmed.v1":
            self._confirmed.add(visit)
        else:
            day = _day(str(data.get("at", "")))
            if _day(event["time"]) < self._span.first_day:
                return  # recorded before the period: whatever it says of the day, it was not reported as done in it
            if self._span.first_day <= day <= self._span.last_day:
                self._homes[str(data.get("volunteer")), day].add(_about(event))
            if self._span.holds(event["branch"], day):
                _keep(self._done, _Told(index, event, day))

    def _take_change(self, index: int, event: Said) -> None:
        told = _Told(index, event, _day(event["time"]))
        inside = self._span.holds(event["branch"], told.day)
        if event["type"] in ENDS:
            if inside:
                _keep(self._ends, told)
            return
        data = event["data"]
        state = _State(event["revision"], str(data.get("care", "")), str(data.get("band", "")))
        self._states[event["subject"]].add(state)
        if inside and event["type"] == "person.changed.v1":
            _keep(self._changes, told)

    def _kind_of_change(self, event: Said) -> str:
        data = event["data"]
        earlier = [state for state in self._states[event["subject"]] if state.revision < event["revision"]]
        before = max(earlier, key=lambda state: (state.revision, state.care, state.band), default=None)
        care, band = str(data.get("care", "")), str(data.get("band", ""))
        if care in NO_CARE and (before is None or before.care != care):
            return "ending"
        rarer = before is not None and RARER.get(band, 0) < RARER.get(before.band, 0)
        return "loosened" if rarer else "changed"

    def _kind_of_visit(self, told: _Told) -> str:
        event, visit = told.event, told.event["subject"]
        if len(self._homes[str(event["data"].get("volunteer")), told.day]) > CROWDED_ABOVE:
            return "crowded"
        if len(self._moves[visit]) >= MOVED_OFTEN:
            return "moved"
        if visit in self._confirmed:
            return "confirmed"
        band = self._bands.get(_about(event), (0, 0, ""))[2]
        return "weekly" if band == "weekly" else "unconfirmed"


def population(span: Span, entries: Iterable[tuple[int, Said]]) -> list[Member]:
    """The members among these entries (index and event)."""
    found = Population(span)
    for index, event in entries:
        found.take(index, event)
    return found.members()


def member_of(index: int, event: Said, stratum: str) -> Member:
    """An entry as a member of a stratum that somebody else told."""
    day = _day(str(event["data"].get("at", ""))) if event["type"] in VISITS else _day(event["time"])
    return _Told(index, event, day).member(stratum)


def _keep(held: dict[str, _Told], told: _Told) -> None:
    known = held.get(told.event["id"])
    if known is None or told.index < known.index:
        held[told.event["id"]] = told


def _about(event: Said) -> str:
    return str(event["data"].get("household") or event["subject"])


def _day(instant: str) -> str:
    """The county day of an instant on the wire; empty, and so in no period, for what is none."""
    try:
        return county_day_of_hour(instant[:13])
    except (ValueError, OverflowError):
        return ""

"""Invented families as registry and scheduler tell them, many events in one unit of work, taken in by the notifier."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from services.notifier.wiring import duties_of
from shared.events.envelope import Event, read
from shared.ids import new_id
from shared.runtime import Runtime
from shared.units import Unit
from shared.worker import inbox_of
from tests.county import County

AT_ONCE = 150
Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Family:
    """One elder at home, one relative away with a mobile."""

    elder: str
    relative: str
    phone: str


def families(phones: Sequence[str]) -> list[Family]:
    """One for each number."""
    return [Family(new_id(), new_id(), phone) for phone in phones]


class Ears:
    """The notifier's taking-in, in this process, without the broker between: sending is what is measured."""

    def __init__(self, county: County) -> None:
        self._registry, self._scheduler = county.service("registry"), county.service("scheduler")
        self.notifier = county.service("notifier")
        self._inbox = inbox_of(self.notifier, duties_of(self.notifier))
        self._branch = f"{county.settings.county}/{new_id()}"

    def registered(self, them: Sequence[Family]) -> None:
        """All of them: the notifier queues a greeting to each relative."""
        self._registry.keys.make_many([person for one in them for person in (one.elder, one.relative)])
        self._hears(self._registry, [told for number, one in enumerate(them) for told in _registered(number, one)])

    def missed(self, them: Sequence[Family], day: str, next_day: str) -> None:
        """Nobody came to any of them: the notifier queues a word to each relative."""
        same = {"volunteer": new_id(), "kind": "care", "day": day, "why": "cannot", "next_day": next_day}
        told = [_told("visit.missed.v1", new_id(), {"household": new_id(), "recipients": [one.elder], **same}) for one in them]
        self._hears(self._scheduler, told)

    def _hears(self, teller: Runtime, told: Sequence[Told]) -> None:
        for start in range(0, len(told), AT_ONCE):
            some = told[start : start + AT_ONCE]
            events = teller.units.run(lambda unit, some=some: self._tell(unit, teller.service, some))  # type: ignore[misc]
            heard = [read(event.body) for event in events]
            self.notifier.units.run(lambda unit, heard=heard: self._inbox.take(unit, heard))  # type: ignore[misc]

    def _tell(self, unit: Unit, service: str, told: Sequence[Told]) -> list[Event]:
        head = {"revision": 1, "branch": self._branch, "actor": f"system:{service}"}
        return [unit.tell(**one, **head) for one in told]


def _registered(number: int, one: Family) -> Iterator[Told]:
    cared = {"minor": False, "no_adult": False, "care": "active", "band": "weekly", "home": True}
    away = {**cared, "care": "none", "band": "none", "home": False}
    for person, kind, opens, phones in ((one.elder, "elder", cared, []), (one.relative, "relative", away, [one.phone])):
        name = {"elder": "王秀英", "relative": "王建国"}[kind]
        opened = {"number": f"360124103-{kind[0].upper()}{number:06}", "kinds": [kind], **opens}
        yield _told("person.registered.v1", person, opened, {person: {"name": name, "phones": phones, "categories": []}})
    opened = {"recipient": one.elder, "relative": one.relative, "call_order": 1, "may_know": "may"}
    closed = {"relation": "son", "presence": "away", "guardian": False, "carer": False}
    yield _told("kinship.registered.v1", new_id(), opened, {one.relative: closed})


def _told(type_: str, subject: str, data: dict[str, Any], closed: dict[str, Any] | None = None) -> Told:
    return {"type_": type_, "subject": subject, "data": data, "closed": closed or {}}

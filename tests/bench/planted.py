"""Plants fakes of each kind into an invented month: plain ones, and such that stay below a threshold, as a careful cheat would.

What is planted is known by its events: a finding is true when one of its events was planted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.bench.invented_county import DAYS, County, Volunteer

Doc = dict[str, Any]


@dataclass(frozen=True)
class Plant:
    """One fake: its kind and the events that are made up."""

    kind: str
    events: frozenset[str]


def plant(county: County, each: int) -> list[Plant]:
    """So many fakes of each kind. Each is another volunteer's or village's."""
    return [Plant(kind, frozenset(made(county))) for kind, made in PLANTS.items() for _ in range(each)]


def _somebody(county: County) -> Volunteer:
    """A volunteer with few homes is no use to a cheat."""
    return max(county.rng.sample(county.volunteers, 6), key=lambda one: len(one.homes))


def _burst(county: County) -> list[str]:
    """From the sofa: many homes told one after the other. Some take more than a minute for it."""
    volunteer, rng = _somebody(county), county.rng
    at, within = county.when(rng.randint(1, DAYS), 20), rng.choice((20, 40, 55, 75))
    many = rng.randint(9, 14)
    rows = []
    for place in range(many):
        told = at + timedelta(seconds=within * place / many)
        rows.append(county.visit(volunteer, county.id("h"), told, checked_in_at=told))
    return [row["event"] for row in rows]


def _two_places(county: County) -> list[str]:
    volunteer, rng = _somebody(county), county.rng
    far = rng.random() < 0.5
    other = f"c/t{rng.randrange(9)}x/v" if far else volunteer.village.rsplit("-", 1)[0] + "-next"
    at = county.when(rng.randint(1, DAYS), rng.uniform(9, 15))
    then = at + timedelta(minutes=rng.uniform(0.5, 20 if far else 5))
    one = county.visit(volunteer, volunteer.homes[0], at + timedelta(minutes=40), checked_in_at=at)
    two = county.visit(volunteer, county.id("h"), at + timedelta(minutes=50), checked_in_at=then, branch=other)
    return [one["checked_in_event"], two["checked_in_event"]]


def _copied(county: County) -> list[str]:
    """A sentence or a paragraph for all homes; one in five changes a word in some."""
    volunteer, rng = _somebody(county), county.rng
    text = "".join(chr(0x5E00 + rng.randrange(3000)) for _ in range(rng.choice((18, 30, 45, 60))))
    careful, events = rng.random() < 0.2, []
    for place in range(rng.randint(3, 12) if len(text) > 40 else rng.randint(5, 12)):
        row = county.visit(volunteer, county.id("h"), county.when(rng.randint(1, DAYS), rng.uniform(8, 17)))
        county.note(row, text + (chr(0x5E00 + place) if careful and place % 2 else ""))
        events.append(row["event"])
    return events


def _number(county: County) -> list[str]:
    """A clerk's own number for families who gave none."""
    volunteer, number = _somebody(county), county.id("n")
    return [county.person(volunteer.village, county.id("h"), number)["event"] for _ in range(county.rng.randint(4, 12))]


def _device(county: County) -> list[str]:
    rng, device = county.rng, county.id("d")
    village = _somebody(county).village
    people = rng.sample([one for one in county.volunteers if one.village == village], rng.randint(3, 8))
    rows = [
        county.visit(one, one.homes[0], county.when(rng.randint(1, DAYS), rng.uniform(8, 20)), device=device) for one in people
    ]
    return [row["event"] for row in rows]


def _quick(county: County) -> list[str]:
    """The families' phones lie on the volunteer's table; a few families answer for themselves."""
    volunteer, rng = _somebody(county), county.rng
    events = []
    for _ in range(rng.randint(3, 7)):
        row = county.visit(volunteer, county.id("h"), county.when(rng.randint(1, DAYS), rng.uniform(8, 17)))
        events.append(county.answer(row, "came", rng.randint(2, 9))["event"])
    return events


def _differ(county: County) -> list[str]:
    volunteer, rng = _somebody(county), county.rng
    row = county.visit(volunteer, volunteer.homes[0], county.when(rng.randint(1, DAYS), rng.uniform(8, 17)))
    said = [county.answer(row, meaning, rng.randint(40, 4000)) for meaning in ("came", "did_not_come")]
    return [each["event"] for each in said]


def _deadline(county: County) -> list[str]:
    """A village of its own whose month is told at its end, more or less of it."""
    rng = county.rng
    village, late = f"c/t0/{county.id('late')}", rng.uniform(0.4, 0.95)
    people = [Volunteer(county.id("w"), village, [], county.id("a"), county.id("d"), "") for _ in range(6)]
    events = []
    for place in range(rng.randint(40, 120)):
        end = rng.random() < late
        at = county.when(rng.randint(28, 30) if end else rng.randint(1, 27), rng.uniform(8, 17))
        row = county.visit(people[place % 6], county.id("h"), at)
        events += [row["event"]] if end else []
    return events


def _put_off(county: County) -> list[str]:
    volunteer, rng = _somebody(county), county.rng
    rows = county.put_off(
        volunteer.village, county.id("h"), rng.randint(1, 10), rng.randint(3, 7), rng.choice(("moved", "cannot"))
    )
    return [row["event"] for row in rows]


def _hard(county: County) -> list[str]:
    village, rng = _somebody(county).village, county.rng
    kinds = ("care_ended", "band_lowered", "categories_changed")
    return [county.end(village, rng.randint(22, 30), rng.choice(kinds))["event"] for _ in range(rng.randint(2, 6))]


PLANTS: Mapping[str, Callable[[County], list[str]]] = {
    "answers_differ": _differ,
    "two_places": _two_places,
    "burst": _burst,
    "copied_report": _copied,
    "shared_number": _number,
    "shared_device": _device,
    "quick_answers": _quick,
    "before_deadline": _deadline,
    "moved_often": _put_off,
    "hard_cases": _hard,
}

"""A month of an invented part of a county: honest visits, with all the oddities of honest people. Rows as the rules read them.

Everything follows from the seed. The fakes are planted by tests/bench/planted.py.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Doc = dict[str, Any]
FIRST = datetime(2026, 8, 31, 16, 0, tzinfo=UTC)
"""Midnight of 1 September at the county; September ends a quarter."""
DAYS = 30
TOWNSHIPS, VILLAGES, VOLUNTEERS, HOMES = 3, 8, 10, 6
PHRASES = [f"老人身体健康精神状态良好没有特殊需求{word}" for word in ("", "一切正常", "家里干净")]
"""How people write: a phrase of more than 16 letters stands in many honest reports."""
LIST_REMARK = "按纸质走访名单补录老人情况正常没有新的需求"
GREETING = "送去米面油和春联祝老人家身体健康节日快乐万事如意"


@dataclass
class Volunteer:
    """A volunteer of a village with homes of their own, an account and a phone."""

    id: str
    village: str
    homes: list[str]
    account: str
    device: str
    phrase: str


@dataclass
class County:
    """What was told in a month, by collection, as the audit service keeps it."""

    rng: random.Random
    volunteers: list[Volunteer] = field(default_factory=list)
    rows: dict[str, list[Doc]] = field(
        default_factory=lambda: {n: [] for n in ("visits", "moves", "endings", "said", "people")}
    )
    count: int = 0

    def id(self, kind: str) -> str:
        """A name nobody else has."""
        self.count += 1
        return f"{kind}{self.count}"

    def when(self, day: int, hour: float) -> datetime:
        """This hour of this day of the month, 1 the first."""
        return FIRST + timedelta(days=day - 1, hours=hour)

    def visit(self, volunteer: Volunteer, home: str, at: datetime, **changed: Any) -> Doc:
        """A visit that ended then, told by the volunteer's own account; added to the rows."""
        there = at - timedelta(minutes=self.rng.randint(20, 50))
        row: Doc = {"_id": self.id("visit"), "event": self.id("e"), "branch": volunteer.village, "household": home}
        row |= {"volunteer": volunteer.id, "kind": "care", "at": at, "reported": at, "state": "completed"}
        row |= {"actor": volunteer.account, "by": "volunteer", "device": volunteer.device, "day": at.isoformat()[:10]}
        row |= {"checked_in_at": there, "checked_in_event": self.id("e"), **changed}
        self.rows["visits"].append(row)
        return row

    def note(self, row: Doc, text: str) -> None:
        """The report's text, as a mark."""
        if len(text) >= 16:
            row |= {"note": text, "note_letters": len(text)}

    def answer(self, row: Doc, meaning: str, seconds: int) -> Doc:
        """Somebody at home answers about a visit."""
        said: Doc = {name: row[name] for name in ("branch", "household", "volunteer")} | {
            "visit": row["_id"],
            "meaning": meaning,
        }
        said |= {
            "record": self.id("r"),
            "event": self.id("e"),
            "seconds": seconds,
            "mark": row["_id"],
            "whose": row["volunteer"],
        }
        self.rows["said"].append(said | {"at": row["at"] + timedelta(minutes=5, seconds=seconds)})
        return self.rows["said"][-1]

    def put_off(self, branch: str, home: str, day: int, times: int, why: str = "cannot") -> list[Doc]:
        """A date of this home put off so many times, a few days each."""
        made = []
        for _ in range(times):
            then = day + self.rng.randint(1, 3)
            row: Doc = {"_id": self.id("e"), "visit": self.id("visit"), "branch": branch, "household": home, "volunteer": "v"}
            row |= {"event": row["_id"], "from_day": str(day), "day": str(then), "why": why, "at": self.when(day, 18.5)}
            made.append(row)
            day = then
        self.rows["moves"] += made
        return made

    def end(self, branch: str, day: int, kind: str = "care_ended") -> Doc:
        """A hard case ended or re-graded on this day; days below 1 lie in the months before."""
        row: Doc = {"_id": self.id("e"), "branch": branch, "kind": kind, "hard": True, "person": self.id("p")}
        row |= {"event": row["_id"], "at": self.when(day, 10), "day": (self.when(day, 10)).date().isoformat()}
        self.rows["endings"].append(row)
        return row

    def person(self, branch: str, home: str, number: str) -> Doc:
        """A person of a home with this number."""
        row: Doc = {"_id": self.id("p"), "branch": branch, "household": home, "number": number, "event": self.id("e")}
        self.rows["people"].append(row | {"at": self.when(1, 1)})
        return self.rows["people"][-1]


def honest(seed: int) -> County:
    """A month in which nobody cheats."""
    county = County(random.Random(seed))
    for township in range(TOWNSHIPS):
        for village in range(VILLAGES):
            _settle(county, f"c/t{township}/v{township}-{village}")
    for volunteer in county.volunteers:
        _works(county, volunteer)
    for village in sorted({volunteer.village for volunteer in county.volunteers}):
        _village_life(county, village, [one for one in county.volunteers if one.village == village])
    _odd_days(county)
    return county


def _settle(county: County, village: str) -> None:
    rng = county.rng
    for _ in range(VOLUNTEERS):
        homes = [county.id("h") for _ in range(rng.randint(HOMES - 2, HOMES + 2))]
        device, account = county.id("d"), county.id("a")
        county.volunteers.append(Volunteer(county.id("w"), village, homes, account, device, rng.choice(PHRASES)))
        for home in homes:
            number = county.id("n")
            for _ in range(rng.randint(1, 2)):
                county.person(village, home, number)
    last = county.volunteers[-VOLUNTEERS:]
    if rng.random() < 0.4:
        last[1].device = last[0].device  # a couple
    if rng.random() < 0.15:
        last[4].device = last[3].device = last[2].device  # three who press the buttons on the office's tablet


def _works(county: County, volunteer: Volunteer) -> None:
    """Two visits to each home, a few homes a day one after the other; some report in the evening, some forget the door."""
    rng, style = county.rng, county.rng.random()
    for half in (0, 15):
        homes = rng.sample(volunteer.homes, len(volunteer.homes))
        while homes:
            day, hour = half + rng.randint(1, 15), rng.uniform(8, 14)
            evening = county.when(day, rng.uniform(18, 19))
            for home in [homes.pop() for _ in range(min(len(homes), rng.randint(1, 3)))]:
                hour += rng.uniform(0.6, 1.3)
                row = county.visit(volunteer, home, county.when(day, hour))
                evening += timedelta(seconds=rng.randint(15, 90))
                if style < 0.3:
                    row |= {"reported": evening, "at": evening}
                if style < 0.1:
                    row |= {"checked_in_at": evening - timedelta(seconds=rng.randint(5, 12))}
                _says(county, volunteer, row)


def _says(county: County, volunteer: Volunteer, row: Doc) -> None:
    rng = county.rng
    drawn = rng.random()
    own = "".join(chr(0x4E00 + rng.randrange(3000)) for _ in range(rng.randint(16, 80)))
    county.note(row, "一切都好" if drawn < 0.55 else volunteer.phrase if drawn < 0.72 else own)
    if rng.random() < 0.25:
        quick = rng.random() < 0.04  # a grandchild with the phone in hand
        county.answer(row, "came", rng.randint(3, 8) if quick else 9 + int(rng.lognormvariate(6, 1.2)))
    if rng.random() < 0.07:
        times = rng.choices((1, 2, 3), (80, 17, 3))[0]
        county.put_off(row["branch"], row["household"], rng.randint(1, 15), times)


def _village_life(county: County, village: str, people: Sequence[Volunteer]) -> None:
    """Phones shared by neighbours, endings on any day, a clerk's list, one month-end that is busier than others."""
    rng = county.rng
    homes = [home for volunteer in people for home in volunteer.homes]
    if rng.random() < 0.5:
        shared = county.id("n")
        for home in rng.sample(homes, rng.choice((3, 3, 3, 4))):  # three neighbours; the village shop's serves four
            county.person(village, home, shared)
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        county.end(village, rng.randint(-61, DAYS))
    if rng.random() < 0.3:
        _printed_list(county, people, rng.randint(20, DAYS))
    if rng.random() < 0.15:
        for volunteer in people:
            for home in rng.sample(volunteer.homes, 3):
                county.visit(volunteer, home, county.when(rng.randint(28, 30), rng.uniform(9, 16)))


def _printed_list(county: County, people: Sequence[Volunteer], day: int) -> None:
    """A clerk keys in what volunteers without a phone wrote on paper: one line after the other, the same remark."""
    clerk, at = county.id("a"), county.when(day, 16)
    for volunteer in people[-4:]:
        for home in volunteer.homes:
            at += timedelta(seconds=county.rng.randint(12, 45))
            row = county.visit(volunteer, home, at, actor=clerk, by="clerk", device="office", checked_in_at=at)
            county.note(row, LIST_REMARK)


def _odd_days(county: County) -> None:
    """A festival group, a flood, a volunteer whose homes lie on both sides of a village's border."""
    rng = county.rng
    group = rng.sample(county.volunteers, 6)
    at = county.when(25, 10)
    for volunteer in group:
        for home in volunteer.homes:
            row = county.visit(group[0], home, at + timedelta(seconds=rng.randint(0, 50)), kind="festival_visit")
            county.note(row, GREETING)
    flooded = rng.choice(county.volunteers).village
    for volunteer in (one for one in county.volunteers if one.village == flooded):
        for home in volunteer.homes:
            county.put_off(flooded, home, 10, rng.randint(3, 5), "weather")
            for _ in range(2):
                county.visit(volunteer, home, county.when(rng.randint(28, 30), rng.uniform(8, 17)), weather=True)
    for volunteer in rng.sample(county.volunteers, 8):
        beside = volunteer.village.rsplit("-", 1)[0] + "-border"
        at = county.when(rng.randint(1, 28), 9)
        county.visit(volunteer, volunteer.homes[0], at, checked_in_at=at - timedelta(minutes=20))
        later = at + timedelta(minutes=rng.randint(5, 9))
        county.visit(volunteer, county.id("h"), later + timedelta(minutes=25), checked_in_at=later, branch=beside)

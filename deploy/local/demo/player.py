"""Plays the volunteers: each looks at the own day on the phone, goes or does not go, checks in and reports.

All choices are draws keyed on the seed, the household's human number and the day: the same seed plays the same month.
"""

import hashlib
import hmac
import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.demo.front import Answered, Front
from shared.clock import SHANGHAI

HOURS = (8, 10, 12, 15, 17)
"""Hours of the county's day at which volunteers look at their phones."""
SLOT_HOURS = {"morning": 10, "afternoon": 15, "evening": 17}
NO_SHOW = 0.05
CANNOT = 0.04
LIES = 0.02
"""Share of reported visits that never were: what the families' answers bring to light."""
WELL = ("well", "well", "well", "well", "so_so", "so_so", "unwell")
NOTES = (
    "一切都好，陪着聊了聊家常，帮忙收拾了院子。",
    "精神不错，提醒按时吃药，注意用电安全。",
    "说想孩子了，帮着打了视频电话。",
    "家里米面油都有，灯泡坏了一个，已换。",
    "孩子作业写完了，一起读了故事书。",
    "腿有些疼，约了村医下周来看。",
)
MINUTES = (25, 30, 35, 40, 45, 60)


@dataclass
class Visitor:
    """One volunteer with a phone."""

    id: str
    number: str
    front: Front


@dataclass
class Player:
    """All volunteers of the township. `homes` maps a household's id to the phone numbers of people at home there.

    `office` is the clerk's list of the day: only those who have something to do take out their phones.
    """

    seed: str
    office: Front
    visitors: Sequence[Visitor]
    homes: Mapping[str, Sequence[str]]
    carrier_url: str
    done: dict[str, int] = field(default_factory=lambda: {"completed": 0, "declined": 0, "stayed_away": 0, "untrue": 0})
    _acted: set[str] = field(default_factory=set)
    _looked: datetime | None = None

    def act(self, now: datetime) -> datetime:
        """Do what the volunteers do at this instant. Returns the next instant at which they look at their phones."""
        local = now.astimezone(SHANGHAI)
        if self._looked != now and local.hour in HOURS and local.minute == 0:
            self._looked = now
            busy = {visit["volunteer"] for visit in self.office.pages("/api/v1/visits", day=local.date().isoformat())}
            for visitor in self.visitors:
                if visitor.id in busy:
                    self._day_of(visitor, local)
        return _next_hour(local)

    def _day_of(self, visitor: Visitor, local: datetime) -> None:
        for visit in visitor.front.pages("/api/v1/visits", day=local.date().isoformat()):
            if visit["id"] not in self._acted and visit["state"] in ("planned", "checked_in") and _is_time(visit, local):
                self._acted.add(visit["id"])
                self._act_on(visitor, visit)

    def _act_on(self, visitor: Visitor, visit: Mapping[str, Any]) -> None:
        draw = self.draw("visit", visit["household_number"], visit["day"], visit["kind"])
        if visit["kind"] != "look_in" and draw < NO_SHOW:
            self.done["stayed_away"] += 1
        elif visit["kind"] != "look_in" and draw < NO_SHOW + CANNOT:
            self._send(visitor, visit, "decline", {})
            self.done["declined"] += 1
        else:
            self._visit(visitor, visit, came=draw < 1 - LIES or visit["kind"] == "look_in")

    def _visit(self, visitor: Visitor, visit: Mapping[str, Any], *, came: bool) -> None:
        self._remember(visit["household"], came)
        key = (visit["household_number"], visit["day"])
        revision = self._send(visitor, visit, "check-in", {})
        report = {
            "minutes": self.pick(MINUTES, "minutes", *key),
            "well": self.pick(WELL, "well", *key),
            "note": self.pick(NOTES, "note", *key),
        }
        self._send(visitor, {**visit, "revision": revision}, "report", report)
        self.done["completed"] += 1
        self.done["untrue"] += not came

    def _send(self, visitor: Visitor, visit: Mapping[str, Any], what: str, body: Mapping[str, Any]) -> int:
        path = f"/api/v1/visits/{visit['id']}/{what}"
        try:
            return visitor.front.post(path, body, revision=visit["revision"]).revision
        except Answered as error:
            if error.status != 412:
                raise
            fresh = visitor.front.get(f"/api/v1/visits/{visit['id']}")
            return visitor.front.post(path, body, revision=fresh.revision).revision

    def _remember(self, household: str, came: bool) -> None:
        for number in self.homes.get(household, ()):
            body = json.dumps({"number": number, "came": came}).encode()
            request = urllib.request.Request(f"{self.carrier_url}/home", body, {"Content-Type": "application/json"})
            urllib.request.urlopen(request, timeout=10).close()

    def draw(self, *what: str) -> float:
        """0 up to 1, the same for the same seed and words."""
        digest = hmac.digest(self.seed.encode(), "|".join(what).encode(), hashlib.sha256)
        return int.from_bytes(digest[:6], "big") / 2**48

    def pick(self, choices: Sequence[Any], *what: str) -> Any:
        """One of the choices, drawn."""
        return choices[int(self.draw(*what) * len(choices))]


def _is_time(visit: Mapping[str, Any], local: datetime) -> bool:
    if visit["kind"] == "look_in":
        return True
    return local.hour >= SLOT_HOURS[visit["slot"]]


def _next_hour(local: datetime) -> datetime:
    for hour in HOURS:
        at = local.replace(hour=hour, minute=0, second=0, microsecond=0)
        if at > local:
            return at.astimezone(UTC)
    tomorrow = (local + timedelta(days=1)).replace(hour=HOURS[0], minute=0, second=0, microsecond=0)
    return tomorrow.astimezone(UTC)

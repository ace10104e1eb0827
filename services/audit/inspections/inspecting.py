"""What an inspector can do: open, draw, note what asking gave, close. Each call is one unit of work.

Told at the county's branch, so that the inspected one learns neither of an inspection nor of its sample by its own entries.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from services.audit.commands.concerns import Concerns, Matter
from services.audit.inspections import steps
from services.audit.inspections.counting import members_in
from services.audit.inspections.draw import Sample, draw, seed_of
from services.audit.inspections.rows import FINDINGS, INSPECTIONS, POPULATIONS, REPORTS
from services.audit.inspections.rule import VERSION
from services.audit.store import BRANCHES
from shared.access import Principal
from shared.clock import CountyClock, at_county, county_day
from shared.errors import NotFound, Refused, Stale
from shared.ids import new_id
from shared.units import Unit
from shared.units.timers import Timer, cancel_timer, set_timer

Doc = dict[str, Any]
SYSTEM = "system:audit"
DRAW_OVERDUE = "draw_overdue"
MORNING = 9


class Inspections:
    """The commands of inspections of one county."""

    def __init__(self, concerns: Concerns, clock: CountyClock, home: str) -> None:
        self._concerns, self._clock, self._home = concerns, clock, home

    def today(self) -> date:
        """The county's day."""
        return county_day(self._clock.now())

    def open(self, unit: Unit, who: Principal, asked: Mapping[str, str]) -> Doc:
        """Open one: `branch` (id or path), `first_day`, `last_day`, `commitment`. Raises NotFound out of scope, Refused."""
        steps.period(asked["first_day"], asked["last_day"])
        scope = self._path(unit, who, asked["branch"])
        data = {"first_day": asked["first_day"], "last_day": asked["last_day"], "rule": VERSION}
        data["commitment"] = steps.committed(asked["commitment"])
        row: Doc = {"_id": new_id(), "revision": 1, "branch": scope, "state": steps.OPENED, "by": who.account, **data}
        told = self._tell(unit, "inspection.opened.v1", row, who.account, {"scope": scope, **data})
        row |= {"opened_at": self._clock.now(), "event": told, "checks": {}}
        unit.collection(INSPECTIONS).insert(row)
        return row

    def anchor(self, unit: Unit, inspection: str, checkpoint: Doc) -> None:
        """Note the checkpoint to draw by. Whoever comes second changes nothing."""
        row = unit.collection(INSPECTIONS).find_one({"_id": inspection})
        if row is None or row["state"] != steps.OPENED:
            return
        now = self._clock.now()
        anchor = {**checkpoint, "at": now}
        changed = {**row, "state": steps.ANCHORED, "anchor": anchor}
        data = {name: checkpoint[name] for name in ("origin", "size", "root", "witnesses")}
        self._change(unit, changed, "inspection.anchored.v1", SYSTEM, data)
        remind_of_draw(unit, inspection, now)

    def draw(self, unit: Unit, inspection: str, text: str, who: Principal, was: int) -> int:
        """Tell the secret and the sample it draws. Returns the new revision. Raises NotFound, Stale, Conflict, Refused."""
        row = self._row(unit, inspection, who, was)
        steps.may_draw(row)
        secret = steps.secret_of(text, row["commitment"])
        sample = self._sample(unit, row, secret)
        said: Doc = {"secret": secret.hex(), "population": sample.population, "digest": sample.digest}
        shares = [{"stratum": each.stratum, "members": each.members, "drawn": each.drawn} for each in sample.shares]
        drawn = [_drawn(each) for each in sample.drawn]
        checkpoint = {name: row["anchor"][name] for name in ("origin", "size", "root")}
        ids = [each["id"] for each in drawn]
        data = {**said, **checkpoint, "shares": [_line(share) for share in shares], "sample": ids}
        changed = {**row, **said, "state": steps.DRAWN, "shares": shares, "sample": drawn, "drawn_at": self._clock.now()}
        self._settle(unit, inspection, "inspection.drawn.v1")
        return self._change(unit, changed, "inspection.drawn.v1", who.account, data)

    def check(self, unit: Unit, inspection: str, asked: Mapping[str, str], who: Principal, was: int) -> int:
        """Note what asking gave for one drawn thing; a later word replaces an earlier one, and both stay in the log."""
        row = self._row(unit, inspection, who, was)
        steps.must_be(row, steps.DRAWN)
        drawn_of(row, asked["drawn"])
        check = {"result": asked["result"], "how": asked["how"], "at": self._clock.now(), "by": who.account}
        changed = {**row, "checks": {**row["checks"], asked["drawn"]: check}}
        data = {"drawn": asked["drawn"], "result": asked["result"], "how": asked["how"]}
        return self._change(unit, changed, "inspection.checked.v1", who.account, data)

    def close(self, unit: Unit, inspection: str, report: Mapping[str, Any], who: Principal, was: int) -> int:
        """Close with a report made of these very findings. Raises Stale when one of them changed meanwhile."""
        row = self._row(unit, inspection, who, was)
        steps.must_be(row, steps.DRAWN)
        findings = findings_in(unit, inspection)
        steps.may_close(row, findings, self.today())
        if [(each["_id"], each["revision"]) for each in findings] != report["findings"]:
            raise Stale("a finding has changed since the report was made")
        data = {name: report[name] for name in ("report", "figures", "size", "root")}
        data |= {"outcome": steps.REPORTED, "findings": len(findings)}
        unit.collection(REPORTS).insert({"_id": inspection, "file": report["file"]})
        return self._close(unit, row, data, who)

    def give_up(self, unit: Unit, inspection: str, who: Principal, was: int) -> int:
        """Close without a draw: the secret is lost, or the reason is gone. That there was one stays in the log."""
        row = self._row(unit, inspection, who, was)
        steps.must_be(row, steps.OPENED, steps.ANCHORED)
        self._settle(unit, inspection, "inspection.closed.v1")
        return self._close(unit, row, {"outcome": steps.GIVEN_UP, "findings": 0}, who)

    def overdue(self, unit: Unit, timer: Timer) -> None:
        """An inspection was not drawn in time: the county asks why."""
        row = unit.collection(INSPECTIONS).find_one({"_id": timer.payload["inspection"]})
        if row is not None and row["state"] == steps.ANCHORED:
            shown = {"day": county_day(row["anchor"]["at"]).isoformat()}
            matter = Matter(DRAW_OVERDUE, self._home, about=row["_id"], shown=shown, at=timer.due_at)
            self._concerns.open(unit, matter)

    def _sample(self, unit: Unit, row: Doc, secret: bytes) -> Sample:
        parts = unit.collection(POPULATIONS).find({"inspection": row["_id"]}, sort=[("part", 1)])
        return draw(seed_of(secret, bytes.fromhex(row["anchor"]["root"])), members_in(parts))

    def _close(self, unit: Unit, row: Doc, data: Doc, who: Principal) -> int:
        closed = {**data, "at": self._clock.now(), "by": who.account}
        changed = {**row, "state": steps.CLOSED, "closed": closed}
        return self._change(unit, changed, "inspection.closed.v1", who.account, data)

    def _settle(self, unit: Unit, inspection: str, why: str) -> None:
        cancel_timer(unit, f"{DRAW_OVERDUE}:{inspection}")
        self._concerns.close_about(unit, inspection, (DRAW_OVERDUE,), why)

    def _path(self, unit: Unit, who: Principal, branch: str) -> str:
        """The branch's path by its id. Raises NotFound for one that is not known or not in scope."""
        if branch == self._home and who.branch == self._home:
            return branch
        found = unit.collection(BRANCHES).find_one({"_id": branch})
        if found is None or not who.sees(found["path"]):
            raise Refused.field("branch", "not_a_choice", "is no branch in your scope", "choose one of the list")
        return str(found["path"])

    def _row(self, unit: Unit, inspection: str, who: Principal, was: int) -> Doc:
        found = unit.collection(INSPECTIONS).find_one({"_id": inspection, **who.scope()})
        if found is None:
            raise NotFound("no such inspection")
        if found["revision"] != was:
            raise Stale("this inspection has changed since you read it")
        return found

    def _change(self, unit: Unit, row: Doc, type_: str, actor: str, data: Doc) -> int:
        was = int(row["revision"])
        row["revision"] = was + 1
        unit.collection(INSPECTIONS).replace(row, was=was)
        self._tell(unit, type_, row, actor, data)
        return was + 1

    def _tell(self, unit: Unit, type_: str, row: Doc, actor: str, data: Doc) -> str:
        words = {"subject": row["_id"], "branch": self._home, "actor": actor}
        return unit.tell(type_, revision=row["revision"], data=data, **words).id


def remind_of_draw(unit: Unit, inspection: str, anchored_at: datetime) -> None:
    """Have it looked at, should it stay undrawn."""
    due, timer = at_county(county_day(anchored_at) + steps.DRAW_WITHIN, MORNING), f"{DRAW_OVERDUE}:{inspection}"
    cancel_timer(unit, timer)
    set_timer(unit, DRAW_OVERDUE, due, {"inspection": inspection}, timer)


def drawn_of(row: Doc, event: str) -> Doc:
    """The drawn thing an event id names. Raises Refused for what was not drawn."""
    for each in row["sample"]:
        if each["id"] == event:
            return dict(each)
    raise Refused.field("drawn", "not_a_choice", "was not drawn", "name an event of the sample")


def findings_in(unit: Unit, inspection: str) -> list[Doc]:
    """The findings of an inspection, oldest first."""
    return unit.collection(FINDINGS).find({"inspection": inspection}, sort=[("_id", 1)])


def _drawn(member: Any) -> Doc:
    names = ("id", "index", "stratum", "branch", "about", "day")
    return {name: getattr(member, name) for name in names}


def _line(share: Doc) -> str:
    return f"{share['stratum']}|{share['members']}|{share['drawn']}"

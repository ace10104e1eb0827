"""Looks for contradictions when evening has come, over what was told since: a loop of the audit worker (evening.py calls it).

A rule that fails is logged and passed over: never may it stop another, and neither the log nor any handler waits for it. What
was laid before somebody once is not raised again for the same events. Late news is met by looking two days back each time.
"""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from pymongo.database import Database
from pymongo.errors import PyMongoError

from services.audit.commands.concerns import Concerns, Matter, name_of
from services.audit.evidence.evening import DONE, called
from services.audit.evidence.rules import RULES
from services.audit.evidence.rules.finding import Finding, Row, Rule
from services.audit.evidence.sources import Sources
from services.audit.evidence.store import LOOKED, Marks
from services.audit.model.concern import RULES as CONCERN_RULES
from services.audit.store import CONCERNS
from shared.clock import CountyClock, county_day
from shared.logs import where_it_failed
from shared.sealing import Erased
from shared.units import Unit, Units

log = structlog.get_logger()
Doc = dict[str, Any]
LOOK_BACK = timedelta(days=2)
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
PAUSE_SECONDS = 0.5
AGAIN_AFTER = timedelta(days=93)
"""A hidden one is not laid before anybody again for a quarter: its events are sealed, and cannot be compared."""
MARKS_KEPT = timedelta(days=93)


class Contradictions:
    """The rules over one county. Its loop runs until stopped."""

    def __init__(
        self,
        units: Units,
        database: Database[Doc],
        concerns: Concerns,
        sources: Sources,
        marks: Marks,
        clock: CountyClock,
        rules: Sequence[Rule] = RULES,
    ) -> None:
        self._units, self._database, self._concerns = units, database, concerns
        self._sources, self._marks, self._clock, self._rules = sources, marks, clock, rules

    def run(self, stop: threading.Event) -> None:
        """Look each evening until stopped."""
        while not stop.wait(PAUSE_SECONDS):
            try:
                if called(self._database):
                    self.look()
            except PyMongoError as error:
                log.warning("contradictions_interrupted", error=type(error).__name__)

    def look(self) -> int:
        """Run every rule over what was told since it last ran. Returns how many concerns were raised."""
        now = self._clock.now()
        raised = sum(self._look(rule, now) for rule in self._rules if rule.judged_on(county_day(now)))
        self._forget(now)
        self._done(DONE, now)
        return raised

    def _look(self, rule: Rule, now: datetime) -> int:
        since = self._upto(rule.kind) - LOOK_BACK
        raised = sum(self._judged(rule, rows) for rows in self._sources.groups(rule, since, now))
        self._done(rule.kind, now)
        return raised

    def _judged(self, rule: Rule, rows: Sequence[Row]) -> int:
        try:
            return sum(self._raise(finding) for finding in rule.find(rows))
        except PyMongoError:
            raise
        except Exception as error:  # a fault of one rule over one key must stop neither the others nor the other keys
            log.error("rule_failed", rule=rule.kind, error=type(error).__name__, where=where_it_failed(error))
            return 0

    def _raise(self, finding: Finding) -> bool:
        matter = self._matter(finding)

        def work(unit: Unit) -> bool:
            if self._laid_before(unit, matter):
                return False
            self._concerns.open(unit, matter)
            return True

        try:
            return self._units.run(work)
        except Erased:
            return False  # who answered was erased meanwhile: nothing can be shown any more

    def _matter(self, finding: Finding) -> Matter:
        hidden = CONCERN_RULES[finding.kind].hidden
        return Matter(
            finding.kind,
            finding.place,
            about=finding.about,
            per=(finding.per,),
            shown={"count": finding.times},
            cause="" if hidden else finding.shows[0],
            record=finding.record,
            mark=self._marks.thing(finding.kind, finding.about) if hidden else "",
            levels=(finding.level,),
            shows=finding.shows,
        )

    def _laid_before(self, unit: Unit, matter: Matter) -> bool:
        wanted: Doc = {"about": matter.about, "kind": matter.kind, "shows": {"$in": list(matter.shows)}}
        if matter.record:
            wanted = {"key": name_of(matter, matter.levels[0]), "raised_at": {"$gte": self._clock.now() - AGAIN_AFTER}}
        return unit.collection(CONCERNS).find_one(wanted, projection=["_id"]) is not None

    def _forget(self, now: datetime) -> None:
        """Marks of texts serve a month's comparison; after a quarter they are gone."""
        old = {"reported": {"$lt": now - MARKS_KEPT}, "note": {"$exists": True}}
        self._database["visits"].update_many(old, {"$unset": {"note": "", "note_letters": "", "under": ""}})

    def _upto(self, name: str) -> datetime:
        row = self._database[LOOKED].find_one({"_id": name})
        return row["upto"] if row else BEGINNING

    def _done(self, name: str, now: datetime) -> None:
        self._database[LOOKED].update_one({"_id": name}, {"$set": {"upto": now}}, upsert=True)

"""The county's services as the audit service hears them, for tests that tell events and look what came of it."""

from datetime import timedelta
from typing import Any

from services.audit.wiring import duties_of
from shared.access import Role
from shared.clock import FileCountyClock
from shared.events import Event
from shared.ids import new_id
from shared.runtime import Runtime
from shared.units.timers import TimerLoop
from shared.worker import inbox_of
from tests.auditing import Office
from tests.county import County
from tests.told import told_events


class Field:
    """The county's services as the audit service hears them: tells events and hands them to its inbox at once."""

    def __init__(self, county: County) -> None:
        self.office = Office(county)
        self.county, self.audit = county, county.service("audit")
        self.clock = FileCountyClock(county.settings.data / "time")
        duties = duties_of(self.audit)
        self.inbox = inbox_of(self.audit, duties)
        self.timers = TimerLoop(self.audit.units, self.audit.database, duties.timers, self.audit.county_clock)
        self._tellers: dict[str, Runtime] = {}

    def tells(self, service: str, type_: str, data: dict[str, Any], *, subject: str = "", **more: Any) -> Event:
        """A service tells an event of the village (`branch`), and the audit service takes it in."""
        teller = self._tellers.setdefault(service, self.county.service(service))
        words = {"subject": subject or new_id(), "revision": 1, "branch": self.office.village, "actor": f"system:{service}"}
        told: Event = teller.units.run(lambda unit: unit.tell(type_, data=data, **{**words, **more}))
        self.audit.units.run(lambda unit: self.inbox.take(unit, [told]))
        return told

    def forward(self, days: float) -> None:
        """County time goes on, and what is due is done."""
        self.clock.move_to(self.clock.now() + timedelta(days=days))
        self.timers.fire_due()

    def open(self, role: Role, **query: str) -> list[tuple[str, str]]:
        """Kind and level of the open concerns this role sees."""
        answer = self.office.client().get("/api/v1/concerns", query_string=query, headers=self.office.headers(role))
        return sorted((item["kind"], item["level"]) for item in answer.json["items"])

    def told(self, type_: str) -> int:
        """How often the audit service told this type."""
        return len(told_events(self.audit.database, type=type_))

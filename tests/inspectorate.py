"""An inspectorate in tests: a village's September in the log, an audit service whose own events are logged as they are told."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.audit.inspections.draw import commitment
from services.audit.wiring import anchoring_of, counting_of, duties_of
from shared.access import Role
from shared.clock import FileCountyClock
from shared.events.envelope import read
from shared.ids import new_id
from shared.units.timers import TimerLoop
from shared.worker import inbox_of
from tests.auditing import Office, body_of, log_row, publish, signed
from tests.county import County
from tests.told import told_events

SECRET = bytes(range(16))
START = datetime(2026, 10, 2, 1, 0, tzinfo=UTC)
PERIOD = {"first_day": "2026-09-01", "last_day": "2026-09-30"}
Doc = dict[str, Any]


@dataclass
class Inspectorate:
    """A county whose log holds a village's September, and the audit service's own events as they are told."""

    office: Office
    clock: FileCountyClock
    person: str = field(default_factory=new_id)
    house: str = field(default_factory=new_id)
    published: set[bytes] = field(default_factory=set)

    @classmethod
    def of(cls, county: County, clock: FileCountyClock) -> "Inspectorate":
        """The branches, and one household whose first member has a key."""
        made = cls(Office(county), clock)
        office, database = made.office, county.service("audit").database
        clock.move_to(START)
        places = {office.township: ("township", "春雨镇"), office.village: ("village", "新坪村")}
        for path, (level, place) in places.items():
            database["branches"].insert_one({"_id": path.rsplit("/", 1)[-1], "path": path, "level": level, "name": place})
        county.service("registry").keys.make_many([made.person])
        house = {"branch": office.village, "number": "360124103-000001", "members": [made.person]}
        database["houses"].insert_one({"_id": made.house, **house})
        return made

    def september(self, count: int = 60) -> None:
        """Visits of the village are in the log. The log's loop must run."""
        bodies = [self._visit() for _ in range(count)]
        publish(self.office.county, bodies)
        signed(self.office.county, len(bodies))
        audit = self.office.county.service("audit")
        inbox, told = inbox_of(audit, duties_of(audit)), [read(body) for body in bodies]
        audit.units.run(lambda unit: inbox.take(unit, told))

    def _visit(self) -> bytes:
        at = "2026-09-10T02:00:00Z"
        data = {"household": self.house, "volunteer": new_id(), "kind": "care", "at": at, "minutes": 30, "asked": False}
        village = self.office.village
        return body_of(self.office.county, type="visit.completed.v1", branch=village, time=at, data=data)

    def opens(self, **changed: Any) -> Any:
        """An inspector opens an inspection of the township."""
        asked = {"branch": self.office.township.rsplit("/", 1)[-1], **PERIOD, "commitment": commitment(SECRET)}
        return self.office.post("/api/v1/inspections", {**asked, **changed}, Role.INSPECTOR)

    def logs(self) -> int:
        """What the audit service told is logged and signed, as its relay would do; returns the size."""
        told = [bytes(row["body"]) for row in told_events(self.office.county.service("audit").database)]
        fresh = [body for body in told if body not in self.published]
        self.published |= set(told)
        size = log_row(self.office.county)["size"] + len(fresh)
        publish(self.office.county, fresh, "inspection.opened.v1")
        return int(signed(self.office.county, size)["signed"])

    def anchored(self) -> Doc:
        """An inspection whose checkpoint stands."""
        made = self.opens().json
        self.logs()
        audit = self.office.county.service("audit")
        assert anchoring_of(audit).look() >= 1
        assert counting_of(audit).look() >= 1
        return self.reads(made["id"])

    def reads(self, inspection: str) -> Doc:
        """The inspection as the administrator reads it."""
        found: Doc = self.office.get(f"/api/v1/inspections/{inspection}", Role.ADMINISTRATOR).json
        return found

    def does(self, found: Doc, step: str, body: Doc, role: Role = Role.INSPECTOR, **more: str) -> Any:
        """One step of an inspection, decided on as it was read."""
        path, headers = f"/api/v1/inspections/{found['id']}/{step}", {"If-Match": f'"{found["revision"]}"', **more}
        return self.office.post(path, body, role, **headers)

    def drawn(self, ask: bool = True) -> Doc:
        """An inspection with its sample, everybody asked."""
        found: Doc = self.does(self.anchored(), "draw", {"secret": SECRET.hex()}).json
        return self.asks(found) if ask else found

    def asks(self, found: Doc) -> Doc:
        """Everybody of the sample is asked."""
        for each in found["sample"]:
            check = {"drawn": each["id"], "result": "holds", "how": "at_home"}
            found = self.does(found, "checks", check).json
        return found

    def finds(self, found: Doc, **changed: Any) -> Any:
        """A finding about the first thing drawn."""
        asked = {"inspection": found["id"], "drawn": found["sample"][0]["id"], "kind": "nobody_came", "due": "2026-10-12"}
        return self.office.post("/api/v1/findings", {**asked, **changed}, Role.INSPECTOR)

    def answers(self, finding: Doc, role: Role = Role.CLERK, branch: str | None = None, **changed: str) -> Any:
        """The branch answers."""
        body, headers = {"answer": "explained", **changed}, {"If-Match": f'"{finding["revision"]}"'}
        return self.office.post(f"/api/v1/findings/{finding['id']}/answer", body, role, branch, **headers)

    def forward(self, days: int) -> None:
        """County time goes on, and what is due is done."""
        audit = self.office.county.service("audit")
        self.clock.move_to(self.clock.now() + timedelta(days=days))
        TimerLoop(audit.units, audit.database, duties_of(audit).timers, audit.county_clock).fire_due()

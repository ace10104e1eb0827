"""One household as the audit service hears of it: its people, its volunteer, one visit and what families answer."""

from datetime import timedelta
from typing import Any

from services.audit.wiring import assembly_of
from shared.clock import to_wire
from shared.ids import new_id
from tests.audit_field import Field

NOTE = "老人身体健康，屋里干净，说儿子上周打过电话，想要一床厚被子"


class Home:
    """One household of the village, its volunteer, and what happens to one visit to it."""

    def __init__(self, field: Field) -> None:
        self.field, self.person, self.household, self.volunteer = field, new_id(), new_id(), new_id()
        self.account, self.visit, self.revision = new_id(), new_id(), 0
        self.keys = field.county.service("registry").keys
        self.keys.make(self.person)
        self.knows("15870001234", 1)
        members = {"number": "360124103-000001", "band": "weekly", "minors": False, "members": [self.person]}
        field.tells("registry", "household.formed.v1", members, subject=self.household)
        role = {"role": "volunteer", "rights": 1}
        field.tells("registry", "account.registered.v1", role, subject=self.account)

    def knows(self, phone: str, revision: int, **changed: Any) -> None:
        """The registry tells the person's state with this number."""
        data = {"number": "360124103-000001", "kinds": ["elder"], "minor": False, "care": "active", "band": "weekly"}
        data |= {"no_adult": False, "home": True, **changed}
        closed = {self.person: {"name": "钟奶奶", "phones": [phone], "categories": ["living_alone"]}}
        type_ = "person.registered.v1" if revision == 1 else "person.changed.v1"
        self.field.tells("registry", type_, data, subject=self.person, revision=revision, closed=closed)

    def happens(self, what: str, data: dict[str, Any], **more: Any) -> str:
        """The scheduler tells the next event of the visit; its id."""
        self.revision += 1
        words = {"subject": self.visit, "revision": self.revision, "actor": self.account} | more
        return self.field.tells("scheduler", f"visit.{what}.v1", data, **words).id

    def visited(self, note: str = NOTE) -> str:
        """Planned, checked in, reported; the id of the report's event."""
        at = to_wire(self.field.clock.now())
        who = {"household": self.household, "volunteer": self.volunteer}
        planned = {**who, "recipients": [self.person], "kind": "care", "day": at[:10], "slot": "morning", "asked": True}
        self.happens("planned", planned)
        self.happens("checked_in", {**who, "at": at})
        done = {**who, "kind": "care", "at": at, "minutes": 40, "asked": True}
        return self.happens("completed", done, closed={self.person: {"note": note}})

    def answers(self, meaning: str, after: int) -> str:
        """The home answers a question that reached its phone so many seconds before; the record."""
        record, message = new_id(), new_id()
        self.keys.make(record, of=self.person)
        asked = to_wire(self.field.clock.now() - timedelta(seconds=after))
        row = {"_id": 10**6 + after, "key": message, "about": [message], "type": "message.delivered.v1", "time": asked}
        self.field.audit.database["entries"].insert_one(row)
        inner = {"person": self.person, "meaning": meaning, "visit": self.visit, "message": message}
        self.hidden("notifier", "answer.received.v1", record, inner)
        return record

    def disputes(self) -> str:
        """The scheduler tells a dispute of the visit; the record."""
        record = new_id()
        self.keys.make(record, of=self.person)
        inner = {"visit": self.visit, "household": self.household, "true_branch": self.field.office.village}
        self.hidden("scheduler", "visit.disputed.v1", record, inner)
        return record

    def hidden(self, service: str, type_: str, record: str, inner: dict[str, Any]) -> None:
        words = {"branch": self.field.county.settings.county, "actor": new_id()}
        self.field.tells(service, type_, {}, subject=record, closed={record: inner}, **words)

    def points(self) -> dict[str, str]:
        """Channel -> event of the visit's evidence."""
        return {point.channel: point.event for point in assembly_of(self.field.audit).of(self.visit).points}

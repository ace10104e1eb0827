"""Evidence on the real servers: made of events alone, sealed where a family answered, told to each as far as they may know."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import Stack
from services.audit.evidence.verdict import Verdict
from services.audit.wiring import assembly_of
from shared.clock import FileCountyClock, to_wire
from shared.ids import new_id
from tests.audit_field import Field
from tests.county import County
from tests.servers import Vhost

START = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)
NOTE = "老人身体健康，屋里干净，说儿子上周打过电话，想要一床厚被子"


@pytest.fixture
def field(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Field]:
    FileCountyClock(tmp_path / "time").move_to(START)
    county = County(stack, vhost, database_name, tmp_path, county_time_file=str(tmp_path / "time"))
    yield Field(county)
    county.close()


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


@pytest.fixture
def home(field: Field) -> Home:
    return Home(field)


def test_evidence_is_made_of_the_events_that_show_it(field: Field, home: Home) -> None:
    reported = home.visited()
    assert assembly_of(field.audit).of(home.visit).verdict is Verdict.UNKNOWN
    confirmed = home.happens("confirmed", {"by": "home"}, actor="system:scheduler")
    home.answers("came", after=70)
    points = home.points()
    assert (points["home"], points["reported"]) == (confirmed, reported)
    assert assembly_of(field.audit).of(home.visit).verdict is Verdict.SHOWN
    row = field.audit.database["visits"].find_one({"_id": home.visit})
    assert row is not None
    names = ("branch", "household", "volunteer", "kind", "day", "state", "by")
    expected = [field.office.village, home.household, home.volunteer, "care", "2026-09-01", "completed", "volunteer"]
    assert [row[name] for name in names] == expected


def test_a_yes_in_three_seconds_shows_nothing_by_itself(field: Field, home: Home) -> None:
    home.visited()
    home.happens("confirmed", {"by": "home"}, actor="system:scheduler")
    home.answers("came", after=3)
    assert "quick_yes" in home.points()
    assert assembly_of(field.audit).of(home.visit).verdict is Verdict.UNKNOWN


def test_what_a_family_answered_lies_sealed_and_goes_with_them(field: Field, home: Home) -> None:
    home.visited()
    home.answers("did_not_come", after=40)
    home.disputes()
    assert assembly_of(field.audit).of(home.visit).verdict is Verdict.DISPUTED
    kept = str(list(field.audit.database["heard"].find({})))
    for secret in (home.visit, home.household, home.volunteer, home.person, field.office.village, "did_not_come"):
        assert secret not in kept
    assert "disput" not in str(field.audit.database["visits"].find_one({"_id": home.visit}))
    home.keys.erase(home.person)
    field.audit.keys.sweep()
    afterwards = assembly_of(field.county.service("audit")).of(home.visit)
    assert afterwards.verdict is Verdict.UNKNOWN


def test_a_number_written_down_at_the_visit_that_answers_later_came_true(field: Field, home: Home) -> None:
    home.visited()
    field.forward(2)
    home.knows("13900005678", 2)
    field.forward(3)
    proven = field.tells("notifier", "contact.proven.v1", {"person": home.person, "until": "2027-01-01T00:00:00Z"})
    assert home.points()["number_renewed"] == proven.id


def test_numbers_and_texts_are_kept_as_marks_only_and_go_with_the_person(field: Field, home: Home) -> None:
    home.visited()
    database = field.audit.database
    kept = str(list(database["people"].find({}))) + str(list(database["visits"].find({})))
    assert "15870001234" not in kept and "厚被子" not in kept
    row = database["visits"].find_one({"_id": home.visit})
    assert row is not None and row["under"] == home.person
    erased = {"ground": "request", "second": new_id()}
    field.tells("registry", "person.erased.v1", erased, subject=home.person, revision=2)
    assert database["people"].find_one({"_id": home.person}) is None
    row = database["visits"].find_one({"_id": home.visit})
    assert row is not None and not {"note", "note_letters", "under"} & set(row)


def test_a_short_honest_report_leaves_no_mark(field: Field, home: Home) -> None:
    home.visited("一切都好")
    row = field.audit.database["visits"].find_one({"_id": home.visit})
    assert row is not None and "note" not in row


def test_endings_and_regradings_can_be_drawn_like_visits(field: Field, home: Home) -> None:
    home.knows("15870001234", 2, band="monthly")
    home.knows("15870001234", 3, band="monthly", care="ended")
    pairing = {"household": home.household, "volunteer": home.volunteer, "why": "asked"}
    field.tells("registry", "pairing.ended.v1", pairing)
    rows = {row["kind"]: row for row in field.audit.database["endings"].find({})}
    assert set(rows) == {"band_lowered", "care_ended", "pairing_ended"}
    assert (rows["band_lowered"]["hard"], rows["care_ended"]["hard"]) == (True, False)
    assert {row["household"] for row in rows.values()} == {home.household}
    assert {row["day"] for row in rows.values()} == {"2026-09-01"}

"""Concerns on the real servers: what must not be forgotten surfaces at the right level, and closes when it is settled."""

from typing import Any

import pytest

from services.audit.commands.concerns import SYSTEM
from services.audit.watch.silence import Silence
from services.audit.wiring import concerns_of
from shared.access import Role
from shared.clock import MachineClock
from shared.duty.heartbeats import Heartbeats
from shared.events import Event
from shared.healing.beats import Beat
from shared.ids import new_id
from tests.audit_field import Field
from tests.auditing import Office
from tests.county import County
from tests.told import told_events

HOUSE = {"number": "360124103-000001", "band": "weekly", "minors": False}
VISIT = {"kind": "care", "day": "2026-09-05", "why": "no_show"}


@pytest.fixture
def field(september: County) -> Field:
    return Field(september)


def missed(field: Field, household: str, **changed: Any) -> Event:
    data = {"household": household, "recipients": [], "volunteer": new_id(), **VISIT, **changed}
    return field.tells("scheduler", "visit.missed.v1", data)


def completed(field: Field, household: str, at: str, kind: str = "care") -> Event:
    data = {"household": household, "volunteer": new_id(), "kind": kind, "at": at, "minutes": 30, "asked": False}
    return field.tells("scheduler", "visit.completed.v1", data)


def test_a_missed_visit_is_the_villages_until_the_household_is_visited(field: Field) -> None:
    household = new_id()
    missed(field, household)
    missed(field, household, day="2026-09-06")
    assert field.open(Role.CLERK) == field.open(Role.SUPERVISOR) == [("missed", "village")]
    completed(field, household, "2026-09-02T02:00:00Z")
    assert field.open(Role.CLERK) == [("missed", "village")]
    completed(field, household, "2026-09-07T02:00:00Z")
    assert field.open(Role.CLERK) == []
    assert (field.told("concern.raised.v1"), field.told("concern.closed.v1")) == (1, 1)


def test_a_miss_that_is_heard_of_after_the_later_visit_raises_nothing(field: Field) -> None:
    household = new_id()
    completed(field, household, "2026-09-07T02:00:00Z")
    missed(field, household)
    assert field.open(Role.CLERK) == []


def test_a_hole_at_a_listener_is_the_countys_until_that_listener_says_that_it_is_filled(field: Field) -> None:
    hole = {"thing": new_id(), "first": 3, "last": 4}
    for listener in ("scheduler", "notifier"):
        field.tells(listener, "gap.noticed.v1", hole)
        field.tells(listener, "day.differs.v1", {"service": "registry", "day": "2026-09-01", "nouns": ["person"]})
    assert field.open(Role.ADMINISTRATOR) == [("gap", "county")] * 4
    field.tells("scheduler", "gap.filled.v1", {**hole, "last": 9})
    assert field.open(Role.ADMINISTRATOR) == [("gap", "county")] * 4
    field.tells("scheduler", "gap.filled.v1", hole)
    field.tells("notifier", "day.agreed.v1", {"service": "registry", "day": "2026-09-01"})
    assert field.open(Role.ADMINISTRATOR) == [("gap", "county")] * 2


def test_a_look_in_not_done_in_time_is_the_townships(field: Field) -> None:
    household = new_id()
    missed(field, household, kind="look_in")
    assert field.open(Role.CLERK) == []
    assert field.open(Role.SUPERVISOR) == [("look_in_overdue", "township")]
    completed(field, household, "2026-09-05T08:00:00Z", kind="look_in")
    assert field.open(Role.SUPERVISOR) == []


def test_a_relative_told_back_closes_what_was_overdue(field: Field) -> None:
    household, recipient = new_id(), new_id()
    field.tells("registry", "household.formed.v1", {**HOUSE, "members": [recipient]}, subject=household)
    missed(field, household, kind="look_in")
    assert field.open(Role.SUPERVISOR) == [("look_in_overdue", "township")]
    field.tells("notifier", "look_in.told_back.v1", {"recipient": recipient, "message": new_id()})
    assert field.open(Role.SUPERVISOR) == []


def test_what_cannot_be_covered_goes_to_the_leading_group_once_a_month(field: Field) -> None:
    household = new_id()
    for month in ("2026-09", "2026-09", "2026-10"):
        data = {"household": household, "month": month, "visits": 2, "why": "no_capacity"}
        field.tells("scheduler", "care.not_covered.v1", data)
    assert field.open(Role.ADMINISTRATOR) == [("not_covered", "county")] * 2
    assert field.open(Role.SUPERVISOR) == field.open(Role.CLERK) == []


def person(field: Field, subject: str, revision: int, no_adult: bool) -> Event:
    data = {"number": "360124103-000007", "kinds": ["child"], "minor": True, "care": "active", "band": "weekly"}
    data |= {"no_adult": no_adult, "home": True}
    closed = {subject: {"name": "小春", "phones": [], "categories": ["left_behind"]}}
    type_ = "person.registered.v1" if revision == 1 else "person.changed.v1"
    return field.tells("registry", type_, data, subject=subject, revision=revision, closed=closed)


def test_a_child_with_no_adult_is_village_and_township_today_until_that_changes(field: Field) -> None:
    child = new_id()
    field.county.service("registry").keys.make(child)
    person(field, child, 1, True)
    answer = field.office.get("/api/v1/concerns", Role.SUPERVISOR).json["items"]
    assert {(item["level"], item["due"]) for item in answer} == {("village", "2026-09-01"), ("township", "2026-09-01")}
    person(field, child, 2, True)
    assert len(field.open(Role.SUPERVISOR)) == 2
    person(field, child, 3, False)
    assert field.open(Role.SUPERVISOR) == []


def test_an_alarm_is_on_every_level(field: Field) -> None:
    recipient = new_id()
    field.tells("notifier", "alarm.raised.v1", {"recipient": recipient, "by": new_id()})
    assert field.open(Role.ADMINISTRATOR) == [("alarm", "county"), ("alarm", "township"), ("alarm", "village")]
    assert field.open(Role.CLERK) == [("alarm", "village")]


def test_a_family_that_cannot_be_reached_is_closed_when_the_number_answers(field: Field) -> None:
    relative = new_id()
    field.tells("notifier", "contact.unreachable.v1", {"person": relative, "why": "no_such_number"})
    assert field.open(Role.CLERK) == [("unreachable", "village")]
    field.tells("notifier", "contact.proven.v1", {"person": relative, "until": "2027-01-01T00:00:00Z"})
    assert field.open(Role.CLERK) == []


def test_a_household_without_a_pairing_for_a_week_surfaces(field: Field) -> None:
    lonely, paired, again = new_id(), new_id(), new_id()
    formed = {"volunteer": new_id(), "nearness": "same_village"}
    field.tells("registry", "pairing.formed.v1", {"household": paired, **formed})
    for household in (lonely, paired, again):
        field.tells("registry", "household.formed.v1", {**HOUSE, "members": [new_id()]}, subject=household)
    pairing = new_id()
    field.tells("registry", "pairing.formed.v1", {"household": again, **formed}, subject=pairing)
    field.forward(6)
    assert field.open(Role.SUPERVISOR) == []
    field.forward(1.1)
    assert field.open(Role.SUPERVISOR) == [("no_pairing", "township")]
    ended = {"household": again, "volunteer": new_id(), "why": "asked"}
    field.tells("registry", "pairing.ended.v1", ended, subject=pairing, revision=2)
    field.forward(7.1)
    assert field.open(Role.SUPERVISOR) == [("no_pairing", "township")] * 2
    field.tells("registry", "pairing.formed.v1", {"household": lonely, **formed})
    assert field.open(Role.SUPERVISOR) == [("no_pairing", "township")]


def test_parked_events_are_one_concern_a_type_and_code_at_most_once_a_minute(field: Field) -> None:
    data = {"event": new_id(), "event_type": "visit.planned.v1", "reason": "ValueError"}
    for number in range(3):
        field.tells("notifier", "event.parked.v1", {**data, "event": new_id()}, subject=new_id(), revision=1)
        assert field.open(Role.ADMINISTRATOR) == [("parked", "county")], number
    field.tells("notifier", "event.parked.v1", {**data, "reason": "KeyError"})
    assert len(field.open(Role.ADMINISTRATOR)) == 2
    for item in field.office.get("/api/v1/concerns", Role.ADMINISTRATOR).json["items"]:
        assert close(field, item, Role.ADMINISTRATOR).status_code == 200
    field.tells("notifier", "event.parked.v1", {**data, "event": new_id()})
    assert field.open(Role.ADMINISTRATOR) == []


def close(field: Field, item: dict[str, Any], role: Role, word: str = "handled", **more: str) -> Any:
    headers = {"If-Match": f'"{item["revision"]}"', **more}
    return field.office.post(f"/api/v1/concerns/{item['id']}/closure", {"word": word}, role, **headers)


def disputed(field: Field) -> tuple[str, str]:
    """A dispute about a visit of the village: the record and the visit."""
    record, visit, somebody = new_id(), new_id(), new_id()
    keys = field.county.service("registry").keys
    keys.make(somebody)
    keys.make(record, of=somebody)
    inner = {"visit": visit, "household": new_id(), "true_branch": field.office.village}
    home = field.county.settings.county
    field.tells("scheduler", "visit.disputed.v1", {}, subject=record, branch=home, actor=new_id(), closed={record: inner})
    return record, visit


def test_a_dispute_is_the_townships_and_shows_to_neither_clerk_nor_volunteer(field: Field) -> None:
    _record, visit = disputed(field)
    assert field.open(Role.SUPERVISOR) == [("disputed", "township")]
    assert field.open(Role.CLERK) == field.open(Role.CLERK, kind="disputed") == []
    assert field.office.get("/api/v1/concerns", Role.CLERK, field.office.township).json["items"] == []
    assert field.office.get("/api/v1/concerns", Role.VOLUNTEER).status_code == 403
    item = field.office.get("/api/v1/concerns", Role.SUPERVISOR).json["items"][0]
    assert item["about"] == visit
    assert field.office.get(f"/api/v1/concerns/{item['id']}", Role.CLERK).status_code == 404
    assert close(field, item, Role.CLERK).status_code == 404
    assert close(field, item, Role.SUPERVISOR).status_code == 200
    assert field.open(Role.SUPERVISOR) == []


def test_what_is_told_and_kept_of_a_dispute_names_nobody(field: Field) -> None:
    _record, visit = disputed(field)
    rows = [bytes(row["body"]) for row in told_events(field.audit.database)]
    assert field.told("concern.hidden.v1") == 1
    assert field.told("concern.raised.v1") == 0
    for secret in (visit, field.office.village, field.office.township):
        assert not any(secret.encode() in row for row in rows)
        kept = [str(row) for row in field.audit.database["concerns"].find({}, {"branch": 0})]
        assert not any(secret in row for row in kept)
    assert not any(b"disputed" in row for row in rows)


def test_a_dispute_of_somebody_erased_is_still_counted_and_says_nothing(field: Field) -> None:
    record, _visit = disputed(field)
    field.county.service("registry").keys.erase(record)
    office = Office(field.county)
    office.township = field.office.township
    item = office.get("/api/v1/concerns", Role.SUPERVISOR).json["items"][0]
    assert "about" not in item
    path = f"/api/v1/concerns/{item['id']}/closure"
    assert office.post(path, {"word": "handled"}, Role.SUPERVISOR, **{"If-Match": '"1"'}).status_code == 200


def test_a_person_closes_with_a_word_on_the_revision_read(field: Field) -> None:
    missed(field, new_id())
    item = field.office.get("/api/v1/concerns", Role.CLERK).json["items"][0]
    path = f"/api/v1/concerns/{item['id']}/closure"
    assert field.office.post(path, {"word": "visited"}, Role.CLERK).status_code == 428
    assert close(field, {**item, "revision": 7}, Role.CLERK).status_code == 412
    assert close(field, item, Role.CLERK, "隔壁老王说没事").status_code == 422
    assert close(field, item, Role.INSPECTOR).status_code == 403
    first = close(field, item, Role.CLERK, "visited")
    assert (first.status_code, first.json["state"], first.json["why"]) == (200, "closed", "visited")
    assert close(field, item, Role.CLERK).status_code == 409
    assert field.open(Role.CLERK) == []
    assert field.open(Role.CLERK, state="closed") == [("missed", "village")]


def test_a_page_closes_a_concern_with_its_form(field: Field) -> None:
    missed(field, new_id())
    item = field.office.get("/api/v1/concerns", Role.CLERK).json["items"][0]
    assert "走访未成" in field.office.get("/pages/audit/concerns", Role.CLERK).text
    form = {"word": "visited", "revision": "1", "idempotency_key": new_id()}
    headers = field.office.headers(Role.CLERK)
    del headers["Idempotency-Key"]
    answer = field.office.client().post(f"/pages/audit/concerns/{item['id']}/closure", data=form, headers=headers)
    assert answer.status_code == 303
    assert field.open(Role.CLERK) == []


def test_a_silent_service_is_noticed_and_heard_again(field: Field) -> None:
    clock = HandClock()
    watched, heartbeats = ("registry", "notifier"), Heartbeats(field.audit.database, clock)
    home, lets_in = field.audit.home, lambda: True
    silence = Silence(field.audit.units, concerns_of(field.audit), clock, "", home, watched, heartbeats, lets_in)
    silence.look()
    clock.seconds += 30
    silence.hear(Beat("registry", 0, 0))
    clock.seconds += 31
    silence.look()
    silence.look()
    assert field.open(Role.ADMINISTRATOR) == [("silent_source", "county")]
    silence.hear(Beat("notifier", 0, 0))
    silence.look()
    assert field.open(Role.ADMINISTRATOR) == []
    assert field.audit.database["concerns"].find_one({"closed_by": SYSTEM}) is not None
    assert [beat.service for beat in heartbeats.latest()] == ["notifier", "registry"]


def test_a_broker_that_is_away_is_said_once_and_no_service_is_called_silent_for_it(field: Field) -> None:
    clock, answers = HandClock(), iter([False, False, True])
    watched, heartbeats = ("registry", "scheduler", "notifier"), Heartbeats(field.audit.database, clock)
    home, lets_in = field.audit.home, lambda: next(answers)
    silence = Silence(field.audit.units, concerns_of(field.audit), clock, "", home, watched, heartbeats, lets_in)
    for service in watched:
        silence.hear(Beat(service, 0, 0))
    silence.look()
    for seconds in (61, 61):
        clock.seconds += seconds
        silence.look()
        assert field.open(Role.ADMINISTRATOR) == [("broker_away", "county")]
    clock.seconds += 2
    silence.look()
    assert field.open(Role.ADMINISTRATOR) == []
    clock.seconds += 58
    for service in watched[:2]:
        silence.hear(Beat(service, 0, 0))
    silence.look()
    assert field.open(Role.ADMINISTRATOR) == []
    clock.seconds += 2
    answers = iter([True])
    silence.look()
    assert field.open(Role.ADMINISTRATOR) == [("silent_source", "county")]


class HandClock(MachineClock):
    """Machine time that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

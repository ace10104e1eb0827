"""Evidence on the real servers: made of events alone, sealed where a family answered, told to each as far as they may know."""

from collections.abc import Iterator, Sequence

import pytest

from services.audit.evidence.evening import called
from services.audit.evidence.rules import RULES
from services.audit.evidence.rules.finding import Finding, Row, Rule
from services.audit.evidence.runner import Contradictions
from services.audit.evidence.sources import Sources
from services.audit.evidence.verdict import Verdict
from services.audit.wiring import assembly_of, concerns_of, contradictions_of, marks_of
from shared.access import Role
from shared.clock import to_wire
from shared.ids import new_id
from tests.audit_field import Field
from tests.audit_home import Home
from tests.county import County


@pytest.fixture
def field(september: County) -> Field:
    return Field(september)


@pytest.fixture
def home(field: Field) -> Home:
    return Home(field)


def verdict(home: Home) -> Verdict:
    return assembly_of(home.field.audit).of(home.visit).verdict


def test_evidence_is_made_of_the_events_that_show_it(field: Field, home: Home) -> None:
    reported = home.visited()
    assert verdict(home) is Verdict.UNKNOWN
    confirmed = home.happens("confirmed", {"by": "home"}, actor="system:scheduler")
    home.answers("came", after=3)
    assert (set(home.points()), verdict(home)) == ({"checked_in", "reported", "quick_yes"}, Verdict.UNKNOWN)
    home.answers("came", after=70)
    points = home.points()
    assert (points["home"], points["reported"], verdict(home)) == (confirmed, reported, Verdict.SHOWN)
    field.forward(2)
    home.knows("13900005678", 2)
    field.forward(3)
    proven = field.tells("notifier", "contact.proven.v1", {"person": home.person, "until": "2027-01-01T00:00:00Z"})
    assert home.points()["number_renewed"] == proven.id, "written down at the visit, answered afterwards: it came true"
    row = field.audit.database["visits"].find_one({"_id": home.visit})
    assert row is not None
    names = ("branch", "household", "volunteer", "kind", "day", "state", "actor")
    expected = [field.office.village, home.household, home.volunteer, "care", "2026-09-01", "completed", home.account]
    assert [row[name] for name in names] == expected


def test_what_a_family_said_lies_sealed_and_numbers_and_texts_as_marks_and_all_go_with_them(field: Field, home: Home) -> None:
    home.visited()
    home.answers("did_not_come", after=40)
    home.disputes()
    assert verdict(home) is Verdict.DISPUTED
    database = field.audit.database
    kept = str(list(database["said"].find({})))
    for secret in (home.visit, home.household, home.volunteer, home.person, field.office.village, "did_not_come"):
        assert secret not in kept
    kept = str([list(database[name].find({})) for name in ("people", "visits")])
    assert not [secret for secret in ("disput", "15870001234", "厚被子", "living_alone") if secret in kept]
    assert database["visits"].find_one({"_id": home.visit, "under": home.person, "note": {"$exists": True}})
    home.keys.erase(home.person)
    erased = {"ground": "request", "second": new_id()}
    field.tells("registry", "person.erased.v1", erased, subject=home.person, revision=2)
    assert assembly_of(field.county.service("audit")).of(home.visit).verdict is Verdict.UNKNOWN
    assert database["people"].find_one({"_id": home.person}) is None
    row = database["visits"].find_one({"_id": home.visit})
    assert row is not None and not {"note", "note_letters", "under"} & set(row)


def test_a_short_honest_report_leaves_no_mark_and_endings_can_be_drawn_like_visits(field: Field, home: Home) -> None:
    home.visited("一切都好")
    assert field.audit.database["visits"].find_one({"_id": home.visit, "note": {"$exists": False}})
    home.knows("15870001234", 2, band="monthly")
    home.knows("15870001234", 3, band="monthly", care="ended")
    pairing = {"household": home.household, "volunteer": home.volunteer, "why": "asked"}
    field.tells("registry", "pairing.ended.v1", pairing)
    rows = {row["kind"]: row for row in field.audit.database["endings"].find({})}
    assert set(rows) == {"band_lowered", "care_ended", "pairing_ended"}
    assert (rows["band_lowered"]["hard"], rows["care_ended"]["hard"]) == (True, False)
    assert {(row["household"], row["day"]) for row in rows.values()} == {(home.household, "2026-09-01")}


def test_each_is_told_of_the_evidence_what_they_may_know(field: Field, home: Home) -> None:
    home.visited()
    silent = field.office.get(f"/api/v1/evidence/{home.visit}", Role.CLERK).json
    home.answers("did_not_come", after=40)
    home.disputes()
    path, page = f"/api/v1/evidence/{home.visit}", f"/pages/audit/visits/{home.visit}"
    assert field.office.get(path, Role.CLERK).json == silent == {"visit": home.visit, "verdict": "in_review"}
    assert "核实中" in field.office.get(page, Role.CLERK).text and "没有人来" not in field.office.get(page, Role.CLERK).text
    for role in (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR):
        told = field.office.get(path, role).json
        assert (told["verdict"], told["worth"]) == ("disputed", 0)
        against = next(point for point in told["points"] if point["channel"] == "disputed")
        assert not {"at", "person", "event"} & set(against)
        assert "没有人来" in field.office.get(page + "/evidence/part", role).text
    elsewhere = f"{field.county.settings.county}/{new_id()}"
    assert field.office.get(path, Role.SUPERVISOR, elsewhere).status_code == 404
    assert field.office.get(path, Role.SUPERVISOR, field.office.village).json["verdict"] == "in_review", "it is about them"
    assert field.office.get(path, Role.VOLUNTEER).status_code == field.office.get(page, Role.VOLUNTEER).status_code == 403
    assert field.office.get(f"/api/v1/evidence/{new_id()}", Role.INSPECTOR).status_code == 404


def many_homes(field: Field, account: str, volunteer: str, many: int) -> list[str]:
    """One account reports so many homes in one minute; the events."""
    field.tells("registry", "account.registered.v1", {"role": "volunteer", "rights": 1}, subject=account)
    at = to_wire(field.clock.now())
    data = {"volunteer": volunteer, "kind": "care", "at": at, "minutes": 30, "asked": False}
    told = [{**data, "household": new_id()} for _ in range(many)]
    return [field.tells("scheduler", "visit.completed.v1", each, actor=account).id for each in told]


def broken(rows: Sequence[Row]) -> Iterator[Finding]:
    raise ZeroDivisionError


def test_what_speaks_against_itself_goes_above_the_branch_once_and_is_closed_by_a_person(field: Field, home: Home) -> None:
    volunteer, looks = new_id(), contradictions_of(field.audit)
    assert looks.look() == 0
    events = many_homes(field, new_id(), volunteer, 11)
    many_homes(field, new_id(), new_id(), 9)
    home.visited()
    home.answers("came", after=60)
    home.answers("did_not_come", after=90)
    field.forward(0.3)
    assert not called(field.audit.database), "it is not evening yet"
    field.forward(0.3)
    assert called(field.audit.database)
    assert looks.look() + looks.look() == 2
    assert not called(field.audit.database)
    assert field.open(Role.SUPERVISOR) == [("answers_differ", "township"), ("burst", "township")]
    assert field.open(Role.CLERK) == []
    items = {item["kind"]: item for item in field.office.get("/api/v1/concerns", Role.SUPERVISOR).json["items"]}
    assert (items["burst"]["about"], items["answers_differ"]["about"]) == (volunteer, home.visit)
    raised = field.audit.database["concerns"].find_one({"kind": "burst"})
    assert raised is not None and set(raised["shows"]) == set(events)
    item = items["burst"]
    closed = field.office.post(
        f"/api/v1/concerns/{item['id']}/closure", {"word": "explained"}, Role.SUPERVISOR, **{"If-Match": '"1"'}
    )
    assert closed.status_code == 200
    field.forward(1)
    assert looks.look() == 0, "the same events are not laid before anybody twice"


def test_a_rule_that_fails_stops_neither_the_others_nor_itself_tomorrow(field: Field) -> None:
    many_homes(field, new_id(), new_id(), 11)
    field.forward(0.6)
    audit = field.audit
    rules: list[Rule] = [Rule("two_places", "visits", "volunteer", 2, broken, time="reported"), *RULES]
    sources = Sources(audit.database, audit.sealer)
    looks = Contradictions(audit.units, audit.database, concerns_of(audit), sources, marks_of(audit), audit.county_clock, rules)
    assert looks.look() == 1
    assert field.open(Role.SUPERVISOR) == [("burst", "township")]

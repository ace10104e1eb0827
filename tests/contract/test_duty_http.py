"""The page for the person on duty as a contract: every endpoint with every role, what is shown of an event, the figures."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate

from shared.access import Role
from shared.app import SERVICES, readiness
from shared.clock import MachineClock
from shared.duty import words
from shared.duty.figures import Figures, Holder, count_parked
from shared.duty.heartbeats import Heard, Heartbeats
from shared.duty.held_events import NOT_SHOWN, readable
from shared.duty.pages import SECONDS
from shared.duty.verdict import findings
from shared.events.envelope import make
from shared.healing.beats import Beat
from shared.healing.broker_view import Length
from shared.http import Endpoint, endpoints, unmarked
from shared.ids import new_id
from shared.inbox import held
from shared.pages.languages import read_catalogue
from shared.worker import Duties, inbox_of
from tests.county import County
from tests.duty_office import HTML, DutyOffice

ROOT = Path(__file__).parents[2]
OTHERS = sorted(set(Role) - {Role.ADMINISTRATOR})


@pytest.fixture
def office(county: County) -> DutyOffice:
    return DutyOffice(county)


def of_duty(office: DutyOffice) -> list[Endpoint]:
    return [found for found in endpoints(office.app) if "/duty" in found.rule]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_lets_the_administrator_on_duty_and_nobody_else(county: County, service: str) -> None:
    office = DutyOffice(county, service)
    assert unmarked(office.app) == []
    assert len(of_duty(office)) == 5 + 4
    for found in of_duty(office):
        path = re.sub(r"<any[^>]+>", "retry", found.rule)
        path = re.sub(r"<[^>]+>", new_id(), path)
        client = office.app.test_client()
        assert client.open(path, method=found.method, headers={"Idempotency-Key": new_id()}).status_code == 401
        for role in OTHERS:
            assert client.open(path, method=found.method, headers=office.headers(role)).status_code == 403, (found, role)
        answer = client.open(path, method=found.method, headers=office.headers())
        assert answer.status_code in (200, 303, 404), (found, answer.text)
        elsewhere = office.headers(branch=f"{county.settings.county}/{new_id()}")
        assert client.open(path, method=found.method, headers=elsewhere).status_code == 404, found


def test_an_administrator_of_a_township_is_shown_nothing_and_changes_nothing(office: DutyOffice) -> None:
    first, _ = office.park()
    headers = office.headers(branch=f"{office.county.settings.county}/{new_id()}")
    client = office.app.test_client()
    for path in (office.api, f"{office.api}/held", f"{office.api}/held/{first.id}", f"{office.pages}/part", "/duty"):
        assert client.get(path, headers=headers).status_code == 404
    assert client.post(f"{office.pages}/held/{first.id}/drop", headers=headers).status_code == 404
    assert office.state(first) == "parked"


def test_the_figures_say_what_waits_what_is_parked_and_what_is_missing(office: DutyOffice) -> None:
    first, second = office.park()
    missing = office.skip()
    told = office.get(office.api).json
    assert told["held"] == {"ahead": 2, "awaits": 0, "retry": 0, "parked": 1}
    assert told["parked"] == [{"type": first.type, "reason": "ValueError", "events": 1}]
    assert [(hole["subject"], hole["first"], hole["last"]) for hole in told["first_holes"]] == [(missing.subject, 1, 1)]
    assert (told["outbox"]["waiting"], told["outbox"]["bound"]) == (1, office.county.settings.outbox_bound)  # event.parked
    assert {found["code"] for found in told["findings"]} == {"no_relay", "parked", "holes"}
    rows = office.get(f"{office.api}/held").json["items"]
    assert [(row["id"], row["reason"], row["tries"]) for row in rows] == [(first.id, "ValueError", 0)]
    assert {row["id"] for row in office.get(f"{office.api}/held", state="ahead").json["items"]} == {second.id, missing.id}
    one = office.get(f"{office.api}/held/{first.id}").json
    assert (one["trace"], one["event"]["data"]["roster"]) == ("handlers.py:12 enrol", "elders")
    assert office.get(f"{office.api}/held", state="sold").status_code == 422


def test_held_events_are_read_page_by_page_and_a_cursor_is_of_its_own_list(office: DutyOffice) -> None:
    rows = [held.unreadable_row(f"{number:064d}", b"x", "not_json", datetime.now(UTC)) for number in range(60)]
    office.runtime.database[held.NAME].insert_many(rows)
    first = office.get(f"{office.api}/held").json
    second = office.get(f"{office.api}/held", cursor=first["next"]).json
    assert len({row["id"] for row in first["items"] + second["items"]}) == 60 and "next" not in second
    assert office.get(f"{office.api}/held", state="ahead", cursor=first["next"]).status_code == 400


def test_without_the_brokers_management_the_lengths_are_unknown_and_never_an_error(county: County) -> None:
    for url in ("", "http://guest:guest@127.0.0.1:9"):
        county.settings = replace(county.settings, management_url=url)
        office = DutyOffice(county)
        assert office.get(office.api).json["queues"] is None
        assert "现在问不到队列长度" in office.get(f"{office.pages}/part").text


def row_of(office: DutyOffice, type_: str, **data: Any) -> dict[str, Any]:
    words_ = {"source": f"/springrain/{office.county.settings.county}/registry", "branch": office.runtime.home}
    event = make(
        id=new_id(), type=type_, subject=new_id(), revision=1, time="2026-09-01T00:00:00Z", actor="system:registry", data=data,
        **words_,
    )  # fmt: skip
    return held.row(event, held.PARKED, datetime.now(UTC), reason="not_valid", field="level")


def test_what_is_sealed_is_named_and_what_breaks_the_contract_is_not_shown(office: DutyOffice) -> None:
    under = new_id()
    sealed = [{"under": under, "value": "c2VhbGVk"}, {"under": "王小春", "value": "x"}]
    row = row_of(office, "branch.registered.v1", level="村支书王小春", code="360124103201", nickname="小春", sealed=sealed)
    office.runtime.database[held.NAME].insert_one(row)
    for shown in (
        office.get(f"{office.api}/held/{row['_id']}").text,
        office.get(f"{office.pages}/held/{row['_id']}/part").text,
        json.dumps(readable(row), ensure_ascii=False),
    ):
        assert "360124103201" in shown and under in shown
        assert "小春" not in shown and "c2VhbGVk" not in shown
    data = office.get(f"{office.api}/held/{row['_id']}").json["event"]["data"]
    assert data["level"] == data["nickname"] == NOT_SHOWN


def test_of_a_type_nobody_knows_the_names_alone_are_shown(office: DutyOffice) -> None:
    told = readable(row_of(office, "neighbour.named.v1", name="王小春"))
    assert told["data"] == {"name": NOT_SHOWN}


def test_bytes_that_are_no_event_are_counted_and_not_shown(office: DutyOffice) -> None:
    inbox = inbox_of(office.runtime, Duties())
    office.runtime.units.run(lambda unit: inbox.park_unreadable(unit, "f" * 64, "王小春".encode(), "envelope 王小春"))
    told = office.get(f"{office.api}/held/{'f' * 64}").json
    assert told["event"] == "no event of ours: 9 bytes"
    page = office.get(f"{office.pages}/part").text
    assert "王小春" not in page and "王小春" not in office.get(f"{office.pages}/held/{'f' * 64}/part").text


def test_the_page_works_by_its_forms_and_a_forged_one_is_refused(office: DutyOffice) -> None:
    first, _ = office.park()
    browser, path = office.browser(), f"{office.pages}/held/{first.id}/retry"
    assert browser.post(path, data={**office.form("k"), "csrf": "forged"}, headers=HTML).status_code == 403
    assert browser.post(path, data={"csrf": office.form("k")["csrf"]}, headers=HTML).status_code == 400
    for _ in range(2):  # pressed twice
        answer = browser.post(path, data=office.form("k"), headers=HTML)
        assert (answer.status_code, answer.location) == (303, "/duty?done=retry#duty-scheduler")
    assert office.released() == [(office.account, "retry", first.id)]
    late = browser.post(path, data=office.form("other"), headers=HTML)
    assert late.location == "/duty?done=gone#duty-scheduler"
    assert "别人已经处理过" in browser.get("/duty?done=gone", headers=HTML).text
    assert browser.get("/duty?done=<script>", headers=HTML).status_code == 200


def test_a_program_hears_clearly_that_somebody_was_first(office: DutyOffice) -> None:
    (first, _), (other, _) = office.park(), office.park()
    assert office.post(f"{office.api}/held/{first.id}/retry").json == {"id": first.id, "decision": "retry"}
    late = office.post(f"{office.api}/held/{first.id}/drop", account=new_id())
    assert (late.status_code, late.json["code"]) == (409, "conflict")
    assert office.post(f"{office.api}/held/{other.id}/drop", key="one").status_code == 200
    assert office.post(f"{office.api}/held/{other.id}/drop", key="one").status_code == 200
    assert office.post(f"{office.api}/held/{other.id}/drop").status_code == 404
    assert office.post(f"{office.api}/held/{new_id()}/drop").status_code == 404
    assert [decision for _, decision, _ in office.released()] == ["retry", "drop"]


def test_the_api_describes_itself(office: DutyOffice) -> None:
    told = json.loads(office.app.test_client().get("/api/v1/scheduler/openapi.json").data)
    validate(told)
    assert {path for path in told["paths"] if "/duty" in path} == {
        f"{office.api}{rest}" for rest in ("", "/held", "/held/{event}", "/held/{event}/retry", "/held/{event}/drop")
    }


def served(office: DutyOffice) -> dict[str, set[frozenset[str]]]:
    """The figures /metrics really gives, each with the label sets of its samples."""
    text = office.app.test_client().get("/metrics").text
    found: dict[str, set[frozenset[str]]] = {}
    for name, labels in re.findall(r"^(springrain_\w+)(?:\{(.*)\})? ", text, re.MULTILINE):
        found.setdefault(name, set()).add(frozenset(re.findall(r'(\w+="[^"]*")', labels)))
    return found


def rules() -> list[Mapping[str, Any]]:
    groups = yaml.safe_load((ROOT / "deploy/observability/alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def busy(county: County) -> DutyOffice:
    """An audit service of which every figure has something to say."""
    office = DutyOffice(county, "audit")
    office.park()
    Heartbeats(office.runtime.database, MachineClock()).note(Beat("notifier", 0, 0))
    office.runtime.database["leases"].insert_one({"_id": "relay", "holder": "audit:7:x", "until": datetime.now(UTC)})
    seen = {"at": datetime.now(UTC), "free": 1, "sources": [{"source": "notifier", "differing": []}]}
    office.runtime.database["health"].insert_one({"_id": "log", **seen})
    return office


def test_each_alert_speaks_of_a_figure_that_is_served_and_of_labels_it_has(county: County) -> None:
    figures = served(busy(county))
    figures.setdefault("springrain_queue_messages", {frozenset({'service="audit"', 'queue="audit.events"', 'state="ready"'})})
    for rule in rules():
        for name, labels in re.findall(r"\b(springrain_\w+)(?:\{([^}]*)\})?", rule["expr"]):
            wanted = set(re.findall(r'(\w+="[^"]*")', labels))
            assert any(wanted <= sample for sample in figures.get(name, ())), (rule["alert"], name, labels)


def test_each_alert_says_what_to_do_and_where_the_manual_goes_on() -> None:
    manual = (ROOT / "docs/operating.md").read_text("utf-8")
    for rule in rules():
        assert rule["annotations"]["do"] and rule["labels"]["severity"] in ("now", "today")
        assert rule["annotations"]["runbook"] == "docs/operating.md#on-duty"
        assert f"| `{rule['alert']}` |" in manual


def test_labels_of_figures_come_out_of_the_code_and_never_out_of_a_message(office: DutyOffice) -> None:
    rows = office.runtime.database[held.NAME]
    for reason, type_ in (("envelope 王小春", "x.y.v1"), ("王小春", "王.小春"), ("ValueError", "visit.planned.v1")):
        rows.insert_one({"_id": new_id(), "state": "parked", "reason": reason, "type": type_})
    found = {(each.type, each.reason) for each in count_parked(office.runtime.database)}
    assert found == {("other", "envelope"), ("other", "other"), ("visit.planned.v1", "ValueError")}


class Later(MachineClock):
    """Machine time as it will be in a while."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=31)


def test_health_is_degraded_when_the_broker_takes_nothing_although_little_waits(office: DutyOffice) -> None:
    assert readiness(office.runtime)["outbox"] == "ok"
    office.park()
    assert readiness(office.runtime)["outbox"] == "ok"
    assert readiness(replace(office.runtime, machine_clock=Later()))["outbox"].startswith("degraded")
    ready = office.app.test_client().get("/health/ready")
    assert (ready.status_code, ready.json["ready"]) == (200, True)


CALM = Figures("audit", 0, 100, 0, {}, (), 0, (), (Holder("relay", "audit:1"),), (), {})
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"waiting": 100}, "outbox_full"),
    ({"waiting": 11}, "events_wait"),
    ({"waiting": 1, "oldest_seconds": 31}, "events_wait"),
    ({"leases": ()}, "no_relay"),
    ({"leases": (Holder("relay", ""),)}, "no_relay"),
    ({"holes": 1}, "holes"),
    ({"queues": {"audit.log": Length(1001, 0)}}, "queue_long"),
    ({"beats": (Heard("registry", 61, 0, 0),)}, "silent"),
]


@pytest.mark.parametrize(("change", "code"), WRONG)
def test_whatever_somebody_must_see_to_is_said(change: dict[str, Any], code: str) -> None:
    assert [found.code for found in findings(replace(CALM, **change))] == [code]
    assert code in words.DUTY_WORDS["finding"] and code in words.DUTY_WORDS["finding_do"]


def test_nothing_is_said_when_all_is_well_or_the_broker_cannot_be_asked() -> None:
    busy_but_well = replace(CALM, waiting=9, held={"retry": 4}, queues=None, beats=(Heard("registry", 11, 0, 0),))
    assert findings(CALM) == findings(busy_but_well) == []


def test_every_word_of_the_duty_page_is_also_there_in_english() -> None:
    english = read_catalogue([ROOT / "shared/pages/translations", ROOT / "shared/duty/translations"], "en")._catalog
    texts = {word.text for table in words.DUTY_WORDS.values() for word in table.values()} | {text for _, text in SECONDS}
    assert {text for text in texts if not english.get(text)} == set()
    assert words.DUTY_WORDS["held_reason"].keys() == words.DUTY_WORDS["held_reason_do"].keys()

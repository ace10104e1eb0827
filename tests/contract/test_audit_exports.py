"""The log, or a part of it, taken away: over HTTP and from the command line, and checked by the verifier."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.audit.store import HEALTH, THE_LOG
from services.audit.verifier import Report, verify_bundle
from services.cli import main as springrain
from shared.access import Role
from shared.ids import new_id
from tests.audit_http import COUNT, Log
from tests.told import told_events


def test_an_export_is_made_once_and_its_bundle_holds(log: Log, tmp_path: Path) -> None:
    office = log.office
    sources = [{"source": "registry", "through": "2026-09-01", "differing": []}]
    office.county.service("audit").database[HEALTH].update_one(THE_LOG, {"$set": {"sources": sources}}, upsert=True)
    headers = office.headers(Role.INSPECTOR)
    made = [office.client().post("/api/v1/exports", json={}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json == made[1].json
    assert made[0].json["complete"] == {"registry": "2026-09-01"}
    answer = office.get(made[0].json["bundle"], Role.ADMINISTRATOR)
    (tmp_path / "log.tar").write_bytes(answer.data)
    report = verify_bundle(tmp_path / "log.tar", made[0].json["key"])
    assert report.sound
    assert report.size == made[0].json["size"] == COUNT
    for role in (Role.CLERK, Role.SUPERVISOR, Role.VOLUNTEER, Role.LIAISON):
        assert office.post("/api/v1/exports", {}, role).status_code == 403
        assert office.get(made[0].json["bundle"], role).status_code == 403


def exported(log: Log, tmp_path: Path, body: dict[str, Any], role: Role = Role.INSPECTOR) -> tuple[Any, Report]:
    """Ask for a part of the log, take it away and check it."""
    made = log.office.post("/api/v1/exports", body, role)
    assert made.status_code == 201, made.text
    answer = log.office.get(made.json["bundle"], role)
    assert answer.status_code == 200, answer.text
    (tmp_path / "part.tar").write_bytes(answer.data)
    return made.json, verify_bundle(tmp_path / "part.tar", made.json["key"])


def test_a_branch_is_exported_with_what_is_below_it_and_proven(log: Log, tmp_path: Path) -> None:
    made, report = exported(log, tmp_path, {"branch": log.office.township})
    assert made["part"] == {"kind": "branch", "of": log.office.township, "from": "", "to": "", "earlier": 0}
    assert report.checked == COUNT - 2  # without the hidden one and nobody's
    assert (report.sound, report.size) == (True, COUNT)
    assert exported(log, tmp_path, {"branch": log.office.village})[1].checked == COUNT - 3


def test_the_days_of_a_span_are_exported_whole(log: Log, tmp_path: Path) -> None:
    report = exported(log, tmp_path, {"from": "2026-09-01", "to": "2026-09-30", "earlier": 7})[1]
    assert (report.checked, [each.code for each in report.findings]) == (COUNT, ["not_canonical"])
    assert exported(log, tmp_path, {"to": "2026-09-01"})[1].checked == 0


def test_what_is_about_one_person_is_given_out_when_a_second_person_agreed(log: Log, tmp_path: Path) -> None:
    office = log.office
    asking = office.headers(Role.INSPECTOR)
    made = office.client().post("/api/v1/exports", json={"thing": log.person}, headers=asking)
    assert (made.status_code, made.json["agreed"]) == (201, False)
    assert office.get(made.json["bundle"], Role.INSPECTOR).status_code == 409
    agreement = f"/api/v1/exports/{made.json['id']}/agreement"
    own = office.client().post(agreement, json={}, headers={**asking, "Idempotency-Key": new_id()})
    assert (own.status_code, own.json["code"]) == (403, "forbidden")
    for role in (Role.CLERK, Role.SUPERVISOR, Role.VOLUNTEER, Role.LIAISON):
        assert office.post(agreement, {}, role).status_code == 403
    agreed = office.post(agreement, {}, Role.ADMINISTRATOR)
    assert (agreed.status_code, agreed.json["agreed"]) == (200, True)
    assert office.post(agreement, {}, Role.INSPECTOR).status_code == 409
    told = told_events(office.county.service("audit").database, subject=made.json["id"])
    assert [row["type"] for row in told] == ["log.exported.v1", "log.export_agreed.v1"]
    (tmp_path / "person.tar").write_bytes(office.get(made.json["bundle"], Role.INSPECTOR).data)
    report = verify_bundle(tmp_path / "person.tar", made.json["key"])
    assert (report.holds, report.checked, report.naming) == (True, 1, 1)
    assert "王小春".encode() not in (tmp_path / "person.tar").read_bytes()


@pytest.mark.parametrize(
    "body",
    [{"branch": "x"}, {"thing": "x"}, {"from": "x"}, {"from": "2026-09-02", "to": "2026-09-01"}, {"earlier": -1}, {"a": 1}],
)
def test_an_export_asked_for_wrongly_names_the_field(log: Log, body: dict[str, Any]) -> None:
    answer = log.office.post("/api/v1/exports", body, Role.INSPECTOR)
    assert (answer.status_code, bool(answer.json["faults"])) == (422, True)


def test_the_command_line_exports_and_proves_what_the_verifier_then_holds(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in log.office.county.environ.items():
        monkeypatch.setenv(name, value)

    def said(*words: str) -> Any:
        with pytest.raises(SystemExit) as ended:
            springrain(["audit", *words, "--json"])
        assert ended.value.code == 0
        return json.loads(capsys.readouterr().out)

    part, code, proof = (str(tmp_path / name) for name in ("part.tar", "code.png", "7.tlog-proof"))
    made = said("export", "--to", part, "--person", log.person)
    assert made["entries"] == 1
    assert said("verify", part, "--key", made["key"])["naming"] == 1
    said("prove", "7", "--to", proof, "--qr", code)
    assert said("verify", "--picture", code, "--key", made["key"])["index"] == 7
    assert said("verify", proof, "--key", made["key"])["same"] is True
    assert said("verify", said("prove", "9")["text"], "--key", made["key"])["index"] == 9
    said("verifier", "--to", str(tmp_path / "verify.py"))
    assert "MLDSA44" in (tmp_path / "verify.py").read_text("utf-8")


def posted(log: Log, headers: dict[str, str], path: str, form: dict[str, str]) -> Any:
    """Send a form as the browser of this account does."""
    sent = {**form, "idempotency_key": new_id()}
    return log.office.client().post(path, data=sent, headers={name: headers[name] for name in ("Authorization",)})


def test_on_the_page_a_part_is_made_agreed_to_by_another_and_downloaded(log: Log, tmp_path: Path) -> None:
    asking, agreeing = log.office.headers(Role.INSPECTOR), log.office.headers(Role.ADMINISTRATOR)
    made = posted(log, asking, "/pages/audit/exports", {"thing": log.person})
    assert made.status_code == 303, made.text
    page = log.office.client().get("/pages/audit/exports", headers=asking).text
    assert ("等另一人同意" in page, "verify.py" in page) == (True, True)
    agreement = log.office.client().get("/pages/audit/exports", headers=agreeing).text.split('action="')
    path = next(each.split('"')[0] for each in agreement if "/agreement" in each.split('"')[0])
    assert posted(log, agreeing, path, {}).status_code == 303
    bundle = log.office.client().get(path.replace("agreement", "bundle"), headers=asking)
    (tmp_path / "person.tar").write_bytes(bundle.data)
    row = log.office.county.service("audit").database["log"].find_one({"_id": "log"})
    assert verify_bundle(tmp_path / "person.tar", row["key"]).holds  # type: ignore[index]
    for role in (Role.CLERK, Role.SUPERVISOR, Role.VOLUNTEER, Role.LIAISON):
        assert log.office.get("/pages/audit/exports", role).status_code == 403
        assert log.office.get("/pages/audit/exports/verify.py", role).status_code == 403
    assert log.office.get("/pages/audit/exports/verify.py", Role.INSPECTOR).text.startswith("#!/usr/bin/env python3")


@pytest.mark.parametrize("form", [{"thing": "nobody"}, {"first_day": "2026-13-01"}, {"last_day": "1.9.2026"}])
def test_on_the_page_a_wrong_number_or_day_is_refused(log: Log, form: dict[str, str]) -> None:
    assert posted(log, log.office.headers(Role.INSPECTOR), "/pages/audit/exports", form).status_code == 422

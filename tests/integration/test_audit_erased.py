"""Erasure and the log: nothing in it changes, what was sealed opens for nobody, and what was done to whom stays proven."""

from pathlib import Path

from services.audit.export.bundle import bundle_parts, write_bundle
from services.audit.log.folder import TileFolder
from services.audit.verifier import verify_bundle
from shared.access import Role
from shared.ids import new_id
from shared.sealing import Sealer
from tests.auditing import Office, body_of, log_row, log_running, publish, signed
from tests.county import County


def test_after_an_erasure_the_log_is_the_same_and_the_person_unreadable(county: County, tmp_path: Path) -> None:
    office, registry = Office(county), county.service("registry")
    person, event, second = new_id(), new_id(), new_id()
    registry.keys.make(person)
    value = Sealer(registry.keys, county.settings.county).seal(person, "event", event, {"name": "王小春"})
    known = {"type": "person.registered.v1", "subject": person, "branch": office.village}
    erased = {**known, "type": "person.erased.v1", "revision": 2, "data": {"ground": "request", "second": second}}
    destroyed = {"type": "key.destroyed.v1", "branch": office.village, "data": {"person": person, "keys": 1}}
    told = [body_of(county, id=event, data={"sealed": [{"under": person, "value": value}]}, **known)]
    told += [body_of(county, **erased), body_of(county, **destroyed)]
    with log_running(county):
        publish(county, told)
        signed(county, 3)
    opened = office.get("/api/v1/entries/0?reason=inspection", Role.INSPECTOR).json["sealed"]
    assert opened == [{"under": person, "state": "opened", "fields": {"name": "王小春"}}]
    before = office.get("/api/v1/entries/0/proof", Role.INSPECTOR).data
    registry.keys.erase(person)
    reader = Office(county)  # a process that never held the key
    assert reader.get("/api/v1/entries/0?reason=inspection", Role.INSPECTOR).json["sealed"][0]["state"] == "erased"
    assert reader.get("/api/v1/entries/0/proof", Role.INSPECTOR).data == before
    row = log_row(county)
    write_bundle(
        tmp_path / "log.tar", bundle_parts(TileFolder(county.settings.data / "log" / "tiles"), row["note"], row["key"])
    )
    assert verify_bundle(tmp_path / "log.tar", row["key"]).sound
    about = reader.get(f"/api/v1/entries?about={person}", Role.INSPECTOR).json["items"]
    assert {item["type"] for item in about} == {"person.registered.v1", "person.erased.v1", "key.destroyed.v1"}
    whole = reader.get("/api/v1/entries/1", Role.INSPECTOR).json
    assert (whole["subject"], whole["data"]) == (person, {"ground": "request", "second": second})
    assert "已删除" in reader.get("/pages/audit/entries/0?reason=inspection", Role.INSPECTOR).text

"""Rules of accounts, passwords, bands, offers and searching: pure, so tried alone."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.cli import main
from services.registry.cli import import_, keys
from services.registry.model.accounts import check_name, check_password, check_scope
from services.registry.model.bands import band_of, is_minor, strictest
from services.registry.model.day import Birth
from services.registry.model.search import forms_asked, forms_of, number_in
from services.registry.passwords import Passwords
from shared.access import Role
from shared.errors import Refused
from tests.unit.registry.roster_files import CHILDREN, ELDERS, ROSTERS, VOLUNTEERS, truth


@pytest.mark.parametrize("name", ["", "ab", "张三", "a b c", "a" * 41, "-abc", "$ne"])
def test_a_sign_in_name_is_short_plain_and_not_a_persons(name: str) -> None:
    with pytest.raises(Refused):
        check_name(name)


def test_a_sign_in_name_has_one_form() -> None:
    assert check_name(" Wengang-Clerk ") == "wengang-clerk"


@pytest.mark.parametrize("password", ["short", "wengang-clerk", "x" * 201])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(Refused):
        check_password(password, "wengang-clerk")


def test_an_administrator_stands_at_the_county_only() -> None:
    check_scope(Role.ADMINISTRATOR, "county")
    with pytest.raises(Refused):
        check_scope(Role.ADMINISTRATOR, "village")


def test_a_password_fits_its_own_hash_and_nobodys_fits_none() -> None:
    passwords = Passwords()
    stored = passwords.hash("spring rain 2026")
    assert passwords.fits(stored, "spring rain 2026") and not passwords.fits(stored, "spring rain 2027")
    assert not passwords.fits(None, "spring rain 2026") and not passwords.fits("no hash", "x")


@pytest.mark.parametrize(
    ("child", "categories", "band"),
    [
        (False, ["widowed_alone"], "weekly"),
        (False, ["living_alone", "severely_disabled"], "weekly"),
        (False, ["empty_nest"], "fortnightly"),
        (False, ["minimum_income"], "monthly"),
        (False, [], "monthly"),
        (True, ["orphan"], "fortnightly"),
    ],
)
def test_the_rhythm_follows_from_the_rule_table(child: bool, categories: list[str], band: str) -> None:
    assert band_of(child, categories) == band


def test_a_household_has_the_strictest_rhythm() -> None:
    assert strictest(["monthly", "weekly", "fortnightly"]) == "weekly"


@pytest.mark.parametrize(
    ("birth", "minor"),
    [(Birth(2008, 9, 2), True), (Birth(2008, 8, 31), False), (Birth(2008), True), (None, True), (Birth(1949, 1), False)],
)
def test_who_may_be_under_eighteen_is_taken_for_a_minor(birth: Birth | None, minor: bool) -> None:
    assert is_minor(birth, date(2026, 8, 31)) is minor


def test_what_is_typed_finds_what_is_kept() -> None:
    kept = set(forms_of({"name": "林 梅", "phones": ["13912345678"]}))
    for typed in ("林梅", "linmei", "LM", "+86 139-1234-5678"):
        assert kept & set(forms_asked(typed)), typed
    assert number_in("360124103-000001") and number_in("360124103-j000001") and not number_in("139")
    assert forms_asked("") == [] and forms_asked("12") == []


def test_checking_files_prints_what_was_agreed_and_changes_nothing() -> None:
    files = [str(ROSTERS / name) for name in (ELDERS, CHILDREN, VOLUNTEERS)]
    result = CliRunner().invoke(import_, ["--check", "--json", *files])
    assert result.exit_code == 0
    import json

    told = json.loads(result.stdout)
    assert [report["rows"] for report in told] == list(truth()["counts"].values())
    assert set(told[0]["faults"][0]) == {"sheet", "row", "column", "kind", "severity", "found", "do"}


def test_a_file_that_is_no_roster_is_said_plainly_with_a_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "a.xlsx"
    bad.write_bytes(b"%PDF-1.7")
    with pytest.raises(SystemExit) as end:
        main(["import", "--check", str(bad)])
    said = capsys.readouterr()
    assert end.value.code == 1
    assert "file:" in said.err and "Traceback" not in said.err + said.out


def test_keys_are_made_once_and_never_replaced(tmp_path) -> None:  # type: ignore[no-untyped-def]
    first = CliRunner().invoke(keys, ["init", "--data", str(tmp_path), "--json"])
    before = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again = CliRunner().invoke(keys, ["init", "--data", str(tmp_path)])
    assert first.exit_code == again.exit_code == 0 and "already" in again.output
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert sorted(before) == ["border.key", "master.key", "token.key", "token.pub"]

"""What the last release promised of the events still holds, and each way to break it is seen and named."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from contracts import written
from contracts.__main__ import main
from contracts.breaking import broken
from contracts.description import describe_value
from contracts.succession import too_early
from contracts.usage import readers, told_types
from contracts.written import contract_now, keep_release, last_release
from shared.events import catalogue
from shared.events.fields import EventField

Doc = dict[str, Any]


def test_nothing_breaks_what_the_last_release_promised() -> None:
    version, contract = last_release()
    assert broken(contract, contract_now()) == [], f"a change against release {version}: make it a new version of the type"


def test_no_version_is_told_before_every_listener_of_the_last_release_reads_it() -> None:
    assert too_early(catalogue(), readers(), told_types(), last_release()[1]) == []


def field(type_: str, name: str, **changed: Any) -> Callable[[Doc], None]:
    """A change of one field; the words `least`, `most` and so on replace what was there."""
    return lambda now: now[type_]["fields"][name].update(changed)


def inner(type_: str, name: str, **changed: Any) -> Callable[[Doc], None]:
    return lambda now: now[type_]["fields"][name]["of"].update(changed)


def gone(now: Doc) -> None:
    del now["wish.made.v1"]


def field_gone(now: Doc) -> None:
    del now["wish.made.v1"]["fields"]["wish"]


def more_to_give(now: Doc) -> None:
    now["wish.made.v1"]["fields"]["price"] = {"kind": "count", "least": 0, "most": 9, "open": True, "required": True}


MEANINGS = ["came", "did_not_come", "unclear"]
SLOTS = ["afternoon", "evening", "morning"]
BREAKS: dict[str, tuple[Callable[[Doc], None], str]] = {
    "type removed": (gone, "wish.made.v1: the type was taken out"),
    "field removed": (field_gone, "wish.made.v1: wish: the field was taken out"),
    "optional made required": (field("visit.completed.v1", "look_in", required=True), "look_in: could be left out"),
    "required made optional": (field("visit.completed.v1", "at", required=False), "at: had to be there"),
    "new required field": (more_to_give, "wish.made.v1: price: a new field that must be there"),
    "bound narrowed": (field("visit.completed.v1", "minutes", most=600), "minutes: most narrowed from 1440 to 600"),
    "least raised": (field("visit.completed.v1", "minutes", least=5), "minutes: least narrowed from 0 to 5"),
    "open bound widened": (field("visit.completed.v1", "minutes", most=9000), "minutes: most widened from 1440 to 9000"),
    "sealed bound narrowed": (field("wish.made.v1", "wish", most=10), "wish: most narrowed from 200 to 10"),
    "list shortened": (field("visit.planned.v1", "recipients", most=1), "recipients: most narrowed from 30 to 1"),
    "word removed": (field("visit.planned.v1", "slot", words=SLOTS[:2]), "slot: no longer takes morning"),
    "word added": (field("visit.planned.v1", "slot", words=[*SLOTS, "night"]), "slot: takes night too"),
    "sealed word added": (
        field("answer.received.v1", "meaning", words=[*MEANINGS, "x"]),
        "takes x too",
    ),
    "word in a list removed": (
        inner("person.changed.v1", "kinds", words=["child"]),
        "no longer takes elder, relative",
    ),
    "kind of field changed": (field("visit.planned.v1", "day", kind="instant"), "day: was day and is instant now"),
    "open made sealed": (field("visit.planned.v1", "day", open=False), "day: was open and is sealed now"),
    "sealed made open": (field("wish.made.v1", "wish", open=True), "wish: was sealed and is open now"),
    "kinds changed": (lambda now: now["plan.made.v1"].update(kinds=[]), "plan.made.v1: its kinds changed from state to none"),
    "teller changed": (lambda now: now["plan.made.v1"].update(teller="audit"), "the teller changed from scheduler to audit"),
}


@pytest.mark.parametrize("what", BREAKS)
def test_a_breaking_change_is_named_in_plain_words(what: str) -> None:
    before, now = contract_now(), contract_now()
    change, words = BREAKS[what]
    change(now)
    (said,) = broken(before, now)
    assert words in said


def grown(now: Doc) -> None:
    now["wish.made.v1"]["fields"]["price"] = {"kind": "count", "least": 0, "most": 9, "open": True, "required": False}


def new_type(now: Doc) -> None:
    now["wish.granted.v1"] = {**deepcopy(now["wish.made.v1"])}


HARMLESS: dict[str, Callable[[Doc], None]] = {
    "a new optional field": grown,
    "a new type": new_type,
    "more room in a sealed text": field("wish.made.v1", "wish", most=2000),
    "another listener": lambda now: now["wish.made.v1"].update(read_by=["audit", "scheduler"]),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_old_and_new_can_bear_is_let_through(what: str) -> None:
    before, now = contract_now(), contract_now()
    HARMLESS[what](now)
    assert now != before
    assert broken(before, now) == []


def test_a_kind_of_field_that_nobody_described_is_not_let_through() -> None:
    with pytest.raises(TypeError, match="EventField"):
        describe_value(EventField())


def test_a_contract_that_was_kept_is_never_written_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(written, "RELEASED", tmp_path)
    path = keep_release()
    assert json.loads(path.read_text("utf-8")) == contract_now()
    assert last_release() == (written.version(), contract_now())
    with pytest.raises(FileExistsError):
        keep_release()


def test_a_release_that_breaks_the_last_one_is_refused_with_the_reasons(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(written, "RELEASED", tmp_path)
    promised = contract_now() | {"snow.cleared.v1": contract_now()["wish.made.v1"]}
    (tmp_path / "0.0.1.json").write_text(json.dumps(promised), "utf-8")
    assert main(["release"]) == 1
    assert "snow.cleared.v1: the type was taken out" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["0.0.1.json"]


def test_the_last_release_is_the_highest_version_and_not_the_last_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(written, "RELEASED", tmp_path)
    for version in ("0.9.0", "0.10.0", "0.2.0"):
        (tmp_path / f"{version}.json").write_text("{}")
    assert last_release() == ("0.10.0", {})

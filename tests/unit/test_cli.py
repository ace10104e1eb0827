"""The operator's command: plain words, a status that is true, nothing loaded that is not needed."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest

from services import cli
from services.cli import VERBS, load, main
from services.cli_parked import readable, summary
from shared.errors import Fault, Refused
from shared.ids import made_at, new_id

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("flask", "pymongo", "pika", "cryptography", "openpyxl", "marshmallow")


def status_of(*words: str) -> int:
    """The exit status of one call."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert isinstance(ended.value.code, int)
    return ended.value.code


def commands(command: click.Command, name: str) -> list[tuple[str, click.Command]]:
    """A verb and all below it that can be run."""
    if isinstance(command, click.Group):
        return [found for sub, below in command.commands.items() for found in commands(below, f"{name} {sub}")]
    return [(name, command)]


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help_and_knows_json(verb: str) -> None:
    for name, command in commands(load(VERBS[verb]), verb):
        options = {option for parameter in command.params for option in parameter.opts}
        assert command.help, name
        assert "--json" in options, name


def test_help_loads_nothing_heavy() -> None:
    script = f"import sys; from services.cli import springrain; springrain.main(['--help'], standalone_mode=False); \
        print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    shown = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stderr.strip() == "[]"
    assert all(verb in shown.stdout for verb in VERBS)


def test_a_bad_setting_is_named_and_its_value_is_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPRINGRAIN_COUNTY_ID", "nonsense")
    assert status_of("outbox", "status") == 2
    said = capsys.readouterr()
    assert said.err.startswith("springrain: SPRINGRAIN_COUNTY_ID: must be a UUID")
    assert "nonsense" not in said.err + said.out
    assert said.err.count("\n") == 1


def test_a_database_that_is_away_is_one_clear_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPRINGRAIN_COUNTY_ID", new_id())
    monkeypatch.setenv("SPRINGRAIN_MONGO_URL", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100")
    assert status_of("parked", "list", "--service", "notifier", "--json") == 1
    said = capsys.readouterr()
    assert "SPRINGRAIN_MONGO_URL" in said.err
    assert "Traceback" not in said.err
    assert json.loads(said.out)["error"]["code"] == "busy"


def test_all_faults_of_a_refusal_are_shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def refusing() -> None:
        raise Refused(
            "two things are wrong",
            Fault("day", "past", "lies in the past", "Take a later one"),
            Fault("who", "none", "is nobody"),
        )

    monkeypatch.setattr(cli, "load", lambda verb: refusing)
    assert status_of("up") == 1
    assert capsys.readouterr().err.splitlines() == [
        "springrain: two things are wrong",
        "  day: lies in the past. Take a later one",
        "  who: is nobody",
    ]


def test_what_nobody_foresaw_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "load", lambda verb: broken)
    with pytest.raises(ZeroDivisionError):
        main(["up"])


def test_a_word_that_is_no_verb_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("dance") == 2
    assert "dance" in capsys.readouterr().err


def test_a_parked_event_is_released_by_somebody_with_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("parked", "retry", new_id(), "--service", "audit") == 2
    assert "--as" in capsys.readouterr().err
    assert status_of("parked", "retry", new_id(), "--service", "audit", "--as", "somebody") == 2
    assert "UUID" in capsys.readouterr().err


def test_bytes_that_are_no_event_are_counted_and_not_shown() -> None:
    row: dict[str, Any] = {"_id": "x", "body": b"\xff\xfe", "state": "parked", "reason": "unreadable"}
    assert readable(row) == "no event of ours: 2 bytes"
    assert summary(row) == {"id": "x", "reason": "unreadable", "state": "parked"}


def test_an_ids_age_can_be_read_from_it() -> None:
    assert abs(made_at(new_id()) - time.time()) < 60

"""A request is sent again because its answer never came: the process died half way, or two arrived at one moment."""

import json
import os
import subprocess
import sys
from dataclasses import asdict

import pytest

from shared.healing.orphans import Orphans
from shared.http import Answered
from tests.faults.backbone import ROOT, Backbone
from tests.faults.repeated_command import add_place
from tests.told import told_events

KEY = "sent-again"


def send(backbone: Backbone, crash_at: str = "") -> subprocess.Popen[bytes]:
    """A process that gets the request."""
    environ = {**os.environ, **backbone.county.environ, "SPRINGRAIN_CRASH_AT": crash_at}
    command = [sys.executable, "-m", "tests.faults.repeated_command", KEY]
    return subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE)


@pytest.mark.parametrize("step", ["before_commit", "after_commit"])
def test_a_request_whose_process_died_half_way_is_sent_again_and_has_one_effect_and_one_answer(
    backbone: Backbone, step: str
) -> None:
    registry = backbone.registry
    first = send(backbone, crash_at=step)
    first.communicate(timeout=30)
    assert first.returncode == -9
    assert registry.database["places"].count_documents({}) == (1 if step == "after_commit" else 0)
    with backbone.running(Orphans(registry.client, "registry").run):
        again = add_place(registry, KEY)
    assert add_place(registry, KEY) == again
    check(backbone, again)


def test_two_processes_that_get_one_request_at_once_have_one_effect_and_one_answer(backbone: Backbone) -> None:
    both = [send(backbone) for _ in range(2)]
    answers = [json.loads(each.communicate(timeout=30)[0]) for each in both]
    assert [each.returncode for each in both] == [0, 0]
    first = add_place(backbone.registry, KEY)
    assert answers == [asdict(first)] * 2
    check(backbone, first)


def check(backbone: Backbone, answer: Answered) -> None:
    """One place, one event, one effect at the listener."""
    registry = backbone.registry
    assert [row["_id"] for row in registry.database["places"].find()] == [answer.id]
    rows = told_events(registry.database)
    assert [row["subject"] for row in rows] == [answer.id]
    with backbone.running(backbone.relay(registry), backbone.consumer()):
        backbone.count([backbone.event(row) for row in rows])

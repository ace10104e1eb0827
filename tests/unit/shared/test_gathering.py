"""Callers who were answered together come back together: no leader runs ahead of them with a commit for itself alone."""

import threading
from collections.abc import Sequence

import pytest

from shared.units import together
from shared.units.together import Call, Together
from tests.eventually import eventually

CALLERS, TIMES = 4, 6


def test_those_who_were_answered_together_share_the_next_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "GATHER_SECONDS", 1.0)  # long enough for any machine; the last group alone waits it out
    groups: list[int] = []

    def run_group(calls: Sequence[Call]) -> None:
        if not groups:
            eventually(lambda: shared.waiting == CALLERS - 1, "all others wait")
        groups.append(len(calls))
        for call in calls:
            call.succeed(call.work(None))

    shared = Together(run_group, patience=20.0)

    def caller() -> None:
        for number in range(TIMES):
            assert shared.run(lambda _unit, number=number: number, lambda: -1) == number

    threads = [threading.Thread(target=caller) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert groups == [1, *[CALLERS] * (TIMES - 1), CALLERS - 1]

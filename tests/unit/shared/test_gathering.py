"""Callers who were answered together come back together: no leader runs ahead of them with a commit for itself alone."""

import threading
from collections.abc import Sequence

import pytest

from shared.messaging import together
from shared.messaging.together import Call, Together

CALLERS, TIMES = 4, 6


def test_those_who_were_answered_together_share_the_next_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "GATHER_SECONDS", 0.5)  # long enough for any machine; the last group alone waits it out
    groups: list[int] = []

    def run_group(calls: Sequence[Call]) -> None:
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
    assert sum(groups) == CALLERS * TIMES
    whole = groups.index(CALLERS)
    assert set(groups[whole : whole + TIMES - CALLERS]) == {CALLERS}

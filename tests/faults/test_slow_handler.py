"""A handler slower than the broker waits for an ack: the channel is closed under it, and its effect is there once."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deploy.local.stack import Stack
from tests.eventually import eventually
from tests.faults.backbone import Backbone
from tests.faults.test_servers import failing

ALLOWED_MS, SLOW_MS = 1_500, 6_000


@contextmanager
def impatient(stack: Stack) -> Iterator[None]:
    """A broker that takes a message back after so long without an ack. New channels only."""

    def set_to(timeout_ms: int, tick_ms: int) -> None:
        settings = {"consumer_timeout": timeout_ms, "channel_tick_interval": tick_ms}
        for name, value in settings.items():
            stack.rabbit.control("eval", f"application:set_env(rabbit, {name}, {value}).")

    set_to(ALLOWED_MS, 500)
    try:
        yield
    finally:
        set_to(1_800_000, 60_000)


@pytest.mark.slow
def test_a_handler_slower_than_the_brokers_patience_has_its_effect_once_and_the_channel_comes_back(
    backbone: Backbone, capsys: pytest.CaptureFixture[str]
) -> None:
    with impatient(backbone.stack), backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        told = backbone.tell(subjects=1, each=1)
        eventually(lambda: backbone.effects(), "it works", within=30)
        slow = {"appName": "scheduler", "blockConnection": True, "blockTimeMS": SLOW_MS}
        with failing(backbone, "commitTransaction", times=1, **slow):
            told += backbone.tell(subjects=5, each=4)
            eventually(lambda: len(backbone.effects()) >= len(told), "the slow one is through", within=30)
            logged: list[str] = []
            eventually(lambda: "consumer_interrupted" in _all_of(capsys, logged), "the broker closed its channel", within=30)
        told += backbone.tell(subjects=5, each=4)
        backbone.count(told)


def _all_of(capsys: pytest.CaptureFixture[str], before: list[str]) -> str:
    before.append(capsys.readouterr().out)
    return "".join(before)

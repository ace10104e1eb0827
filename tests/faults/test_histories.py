"""Random commands, faults and restarts on the real servers, against a simple model: what was acknowledged.

The seed is printed with a failure, together with every step; `--hypothesis-seed=N` plays the same history again. No example is
shrunk: each costs seconds.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from deploy.local.stack import Management, Stack
from shared.events import Event
from tests.county import County
from tests.eventually import eventually
from tests.faults import harm
from tests.faults.backbone import Backbone
from tests.faults.effects import EFFECTS
from tests.servers import Vhost

CHANCE = st.integers(0, 2**32 - 1).map(random.Random)
POSTS = {"relay": harm.RELAY, "stand-by": harm.RELAY, "consumer": harm.CONSUMER}


class Place:
    """Where each history gets a backbone of its own on the servers there are."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack, self._folder = stack, folder

    @contextmanager
    def backbone(self) -> Iterator[Backbone]:
        """A fresh one, gone afterwards with its databases and its virtual host."""
        name = f"h{uuid4().hex[:12]}"
        management = Management(self._stack.management_url)
        management.make_vhost(name)
        vhost = Vhost(name, self._stack.rabbit.amqp_url_of(name))
        (self._folder / name).mkdir()
        county = County(self._stack, vhost, name, self._folder / name)
        backbone = Backbone(county, self._stack, vhost)
        try:
            yield backbone
        finally:
            backbone.close()
            for database in backbone.registry.client.list_database_names():
                if database.startswith(name):
                    backbone.registry.client.drop_database(database)
            county.close()
            management.drop_vhost(name)


class Histories(RuleBasedStateMachine):
    """The model is a list: events that were acknowledged. Each of them, and no other, takes effect once and in order."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place = ExitStack()
        self.backbone = self._place.enter_context(place.backbone())
        self.workers = harm.Workers(self.backbone, POSTS)
        self.told: list[Event] = self.backbone.tell(subjects=2, each=2)
        bindings = self.backbone.registry.database["bindings"]
        eventually(lambda: bindings.count_documents({}), "a relay has seen what is bound", within=60)

    @rule(subjects=st.integers(1, 5), each=st.integers(1, 4))
    def new_things_change(self, subjects: int, each: int) -> None:
        self.told += self.backbone.tell(subjects, each)

    @rule(chance=CHANCE, times=st.integers(1, 4))
    def a_thing_changes_again(self, chance: random.Random, times: int) -> None:
        subject = chance.choice(self.told).subject
        reached = sum(event.subject == subject for event in self.told)
        self.told += [self.backbone.tell_one(subject, reached + n + 1) for n in range(times)]

    @rule(callers=st.integers(2, 8))
    def callers_change_things_together(self, callers: int) -> None:
        self.told += harm.tell_together(self.backbone, callers)

    @rule(name=st.sampled_from(sorted(POSTS)))
    def a_worker_is_killed(self, name: str) -> None:
        self.workers.replace(name)

    @rule(name=st.sampled_from(sorted(POSTS)), chance=CHANCE)
    def a_worker_will_die_at_a_fault_point(self, name: str, chance: random.Random) -> None:
        self.workers.replace(name, dies_at=harm.point(POSTS[name], chance))
        self.told += self.backbone.tell(subjects=5, each=2)

    @rule()
    def every_connection_to_the_broker_is_cut(self) -> None:
        harm.cut_connections(self.backbone)

    @rule(chance=CHANCE)
    def a_binding_is_deleted(self, chance: random.Random) -> None:
        harm.lose_binding(self.backbone, chance)

    @rule()
    def the_listener_s_queue_is_deleted(self) -> None:
        self.workers.look_after()
        harm.lose_queue(self.backbone, self.workers)

    @rule(chance=CHANCE, most=st.integers(1, 30))
    def copies_come_in_any_order(self, chance: random.Random, most: int) -> None:
        harm.publish_copies(self.backbone, most, chance)

    @rule()
    def the_database_stands_still_for_a_moment(self) -> None:
        harm.pause_database(self.backbone)

    @invariant()
    def nothing_took_effect_twice(self) -> None:
        self.workers.look_after()
        twice: list[dict[str, Any]] = [{"$group": {"_id": "$event", "times": {"$sum": 1}}}, {"$match": {"times": {"$gt": 1}}}]
        assert not list(self.backbone.scheduler.database[EFFECTS].aggregate(twice))

    def _release(self, stop: threading.Event) -> None:
        while not stop.wait(1.0):
            harm.release_killers(self.backbone)

    def teardown(self) -> None:
        with self._place, self.backbone.running(self.workers.keep_up, self._release):  # one may die at its point only now
            self.backbone.count(self.told, within=90)


@pytest.mark.parametrize(
    ("histories", "steps"),
    [pytest.param(2, 10, marks=pytest.mark.slow), pytest.param(12, 25, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])],
    ids=["two short histories", "twelve long ones"],
)
def test_whatever_happens_each_acknowledged_event_is_in_effect_once(
    stack: Stack, tmp_path: Path, pytestconfig: pytest.Config, histories: int, steps: int
) -> None:
    number = int(pytestconfig.getoption("--hypothesis-seed") or random.SystemRandom().randrange(2**32))
    print(f"the same again: --hypothesis-seed={number}")
    place = Place(stack, tmp_path)

    def machine() -> Histories:
        return Histories(place)

    run_state_machine_as_test(
        seed(number)(machine),  # type: ignore[arg-type]  # it may be any callable
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )

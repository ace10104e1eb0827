"""Workers killed, or put to sleep, at moments nobody chose. A seed in a test's name picks the same moment again."""

import random
import signal

import pytest

from tests.eventually import eventually
from tests.faults.backbone import Backbone
from tests.faults.test_servers import failing

NOT_COMMITTED = {"appName": "scheduler", "blockConnection": True, "blockTimeMS": 3000, "errorCode": 11602}
"""A commit that is answered late, and not done: the transaction stays open."""
ENOUGH = 1_000_000
QUICK_SEEDS, SLOW_SEEDS = range(2), range(2, 22)


def kill_between(backbone: Backbone, chance: random.Random) -> None:
    """Start a relay on a full outbox and kill it when a chosen share of it is told: the rest flies or is about to."""
    before = backbone.untold()
    left = chance.randrange(1, before)
    relay = backbone.process("registry", "relay")
    eventually(lambda: backbone.untold() <= left, f"{left} of {before} are left", within=30, every=0.001)
    relay.kill()


@pytest.mark.parametrize(
    "seed", [*QUICK_SEEDS, *(pytest.param(seed, marks=pytest.mark.slow) for seed in SLOW_SEEDS)], ids="seed {}".format
)
def test_a_relay_killed_with_hundreds_unconfirmed_loses_and_doubles_nothing(backbone: Backbone, seed: int) -> None:
    chance = random.Random(seed)
    told = backbone.tell(subjects=100, each=3)
    with backbone.running(backbone.orphans):
        kill_between(backbone, chance)
        told += backbone.tell(subjects=50, each=2)
        kill_between(backbone, chance)
    with backbone.running(backbone.orphans, backbone.relay(backbone.registry), backbone.consumer()):
        backbone.count(told)


def test_a_consumer_asleep_with_messages_in_hand_is_replaced_and_does_no_harm_when_it_wakes(backbone: Backbone) -> None:
    asleep = backbone.process("scheduler", "consumer")
    with backbone.running(backbone.relay(backbone.registry)):
        told = backbone.tell(subjects=1, each=1)
        eventually(lambda: backbone.effects(), "it works", within=30)
        asleep.signal(signal.SIGSTOP)
        told += backbone.tell(subjects=10, each=4)
        eventually(lambda: backbone.untold() == 0, "the messages lie in its hand", within=30)
        lose_patience(backbone)
        with backbone.running(backbone.consumer()):
            backbone.count(told)
            asleep.signal(signal.SIGCONT)
            told += backbone.tell(subjects=20, each=4)
            backbone.count(told)
    asleep.stop(within=10)
    assert asleep.exit_status() == 0


@pytest.mark.slow
def test_a_consumer_asleep_inside_a_transaction_is_waited_for_and_nobody_s_event_is_parked_for_it(backbone: Backbone) -> None:
    asleep = backbone.process("scheduler", "consumer")
    with backbone.running(backbone.relay(backbone.registry)):
        told = backbone.tell(subjects=1, each=1)
        eventually(lambda: backbone.effects(), "it works", within=30)
        with failing(backbone, "commitTransaction", times=1, **NOT_COMMITTED):
            told += [backbone.tell_one(told[0].subject, 2)]
            eventually(lambda: at_its_commit(backbone, "scheduler"), "it is in the middle", every=0.001)
            asleep.signal(signal.SIGSTOP)
        lose_patience(backbone)
        with backbone.running(backbone.consumer(), backbone.orphans):
            told += [backbone.tell_one(told[0].subject, revision) for revision in range(3, 9)]
            told += backbone.tell(subjects=10, each=4)
            backbone.count(told, within=120)
            asleep.signal(signal.SIGCONT)
            told += backbone.tell(subjects=20, each=4)
            backbone.count(told)


def lose_patience(backbone: Backbone) -> None:
    """What the broker does with a consumer that sends no heartbeat, at once: close the connection, requeue what it held."""
    backbone.stack.rabbit.control("close_all_connections", "--vhost", backbone.vhost.name, "no heartbeat")


def at_its_commit(backbone: Backbone, service: str) -> bool:
    """Whether this service has asked for a commit and waits for the answer."""
    wanted = {"appName": service, "active": True, "command.commitTransaction": {"$exists": True}}
    return bool(list(backbone.registry.client.admin.aggregate([{"$currentOp": {}}, {"$match": wanted}])))

"""Two relays and two consumers of one service at work at the same time: shared, in order, once."""

import random

from tests.eventually import eventually
from tests.faults.backbone import Backbone


def test_two_relays_and_two_consumers_at_once_with_copies_in_between_lose_and_double_nothing(backbone: Backbone) -> None:
    registry = backbone.registry
    other = backbone.county.service("registry")
    loops = [backbone.relay(registry), backbone.relay(other), backbone.consumer(), backbone.consumer()]
    with backbone.running(*loops):
        told = backbone.tell(subjects=20, each=5)
        eventually(lambda: len(backbone.effects()) > 20, "it works", within=30)
        copies = [event.body for event in random.Random(7).sample(told, 50)]
        backbone.publish(*copies)
        told += backbone.tell(subjects=20, each=5)
        backbone.count(told, within=60)


def test_a_consumer_that_is_killed_leaves_its_share_to_the_other(backbone: Backbone) -> None:
    both = [backbone.process("scheduler", "consumer") for _ in range(2)]
    with backbone.running(backbone.relay(backbone.registry)):
        told = backbone.tell(subjects=10, each=2)
        eventually(lambda: len(backbone.effects()) == len(told), "both work", within=30)
        told += backbone.tell(subjects=20, each=5)
        both[0].kill()
        told += backbone.tell(subjects=5, each=2)
        backbone.count(told)
    both[1].stop(within=10)
    assert both[1].exit_status() == 0

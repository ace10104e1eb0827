"""What a soak does to the backbone, by chance: one fault after the other, each undone by its end."""

import random
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from pika.exceptions import AMQPError
from pymongo.errors import PyMongoError

from deploy.local.stack import NotReady, Stack
from tests.faults import harm
from tests.faults.backbone import Backbone

COULD_NOT = (AssertionError, AMQPError, PyMongoError, OSError, NotReady, subprocess.SubprocessError)
"""A fault that met the consequences of another one; it is named and counted as not done."""
PAUSE_SECONDS = (0.5, 3.0)
OUTAGE_SECONDS = (0.5, 8.0)
Fault = Callable[["Faults"], None]


class Faults:
    """Runs in one thread until stopped. `done` says how often each was done."""

    def __init__(self, backbone: Backbone, workers: harm.Workers, seed: int) -> None:
        self.done: Counter[str] = Counter()
        self.could_not: Counter[str] = Counter()
        self.backbone, self.workers, self.chance = backbone, workers, random.Random(seed)
        self.stack: Stack = backbone.stack
        self._stop = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Do harm until stopped; what is under way is undone first."""
        self._stop = stop
        for name in self._by_chance():
            if stop.wait(self.chance.uniform(*PAUSE_SECONDS)):
                return
            try:
                FAULTS[name](self)
                self.done[name] += 1
            except COULD_NOT as error:
                self.could_not[f"{name} ({type(error).__name__})"] += 1

    def _by_chance(self) -> Iterator[str]:
        """Every kind once before any comes again, in an order that is new each time."""
        while True:
            yield from self.chance.sample(list(FAULTS), len(FAULTS))

    def outage(self) -> None:
        """Let it last for a while."""
        self._stop.wait(self.chance.uniform(*OUTAGE_SECONDS))

    def post(self) -> str:
        """Some worker's."""
        return self.chance.choice(sorted(self.workers.posts))


def _die_at_a_point(soak: Faults) -> None:
    name = soak.post()
    soak.workers.replace(name, dies_at=harm.point(soak.workers.posts[name], soak.chance))


def _stop_database(soak: Faults) -> None:
    mongod = soak.stack.mongo.child
    assert mongod is not None
    mongod.signal(signal.SIGSTOP)
    try:
        soak.outage()
    finally:
        mongod.signal(signal.SIGCONT)


def _kill_database(soak: Faults) -> None:
    soak.stack.kill_mongo()
    soak.outage()
    soak.stack.start_mongo()


def _kill_broker(soak: Faults) -> None:
    soak.stack.kill_rabbit()
    soak.outage()
    soak.stack.start_rabbit()


def _alarm(command: str, too_much: str, ordinary: str) -> Fault:
    def fault(soak: Faults) -> None:
        soak.stack.rabbit.control(command, too_much)
        try:
            soak.outage()
        finally:
            soak.stack.rabbit.control(command, ordinary)

    return fault


FAULTS: Mapping[str, Fault] = {
    "worker killed": lambda soak: soak.workers.replace(soak.post()),
    "worker dies at a fault point": _die_at_a_point,
    "worker asleep": lambda soak: soak.workers.asleep(soak.post(), soak._stop, soak.chance.uniform(*OUTAGE_SECONDS)),
    "connections cut": lambda soak: harm.cut_connections(soak.backbone),
    "binding deleted": lambda soak: harm.lose_binding(soak.backbone, soak.chance),
    "queue deleted": lambda soak: harm.lose_queue(soak.backbone, soak.workers),
    "copies": lambda soak: harm.publish_copies(soak.backbone, 200, soak.chance),
    "database asleep": _stop_database,
    "database killed": _kill_database,
    "broker killed": _kill_broker,
    "memory alarm": _alarm("set_vm_memory_high_watermark", "0.0000001", "0.4"),
    "disk alarm": _alarm("set_disk_free_limit", "1000000GB", "50MB"),
}

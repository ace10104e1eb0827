"""Workers that are started again whatever happens to them, and the harm that can be done to a backbone while it works.

Used where chance chooses: by histories and by the soak. Nothing here judges; whoever does harm counts afterwards.
"""

import random
import signal
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from deploy.local.stack import Management
from deploy.local.stack.children import Child
from shared.events import Event
from shared.ids import new_id
from shared.inbox import held
from shared.inbox.retries import Retries
from shared.worker import Duties, inbox_of
from tests.county import tell_roster
from tests.eventually import eventually
from tests.faults.backbone import TOPOLOGY, Backbone
from tests.faults.test_relays import lose
from tests.told import told_events

LISTENER = "scheduler.events"
LOOK_EVERY_SECONDS = 0.3


class Post(NamedTuple):
    """What a worker is there for, and where fault points can kill it."""

    service: str
    role: str
    dies_at: tuple[str, ...]


RELAY = Post("registry", "relay", ("after_publish", "after_confirm", "after_mark", "before_commit", "after_commit"))
CONSUMER = Post("scheduler", "consumer", ("before_commit", "after_commit", "before_ack", "after_ack"))


class Workers:
    """One process for each post. Who died is replaced by `look_after`. Safe to share between threads."""

    def __init__(self, backbone: Backbone, posts: Mapping[str, Post]) -> None:
        self.posts = posts
        self._backbone = backbone
        self._lock = threading.Lock()
        self._there: dict[str, Child] = {}
        self.starts = 0
        self.look_after()

    def look_after(self) -> None:
        """Start anew whoever is not there."""
        with self._lock:
            for name in self.posts:
                if name not in self._there or not self._there[name].running():
                    self._start(name)

    def keep_up(self, stop: threading.Event) -> None:
        """Look after them until stopped."""
        while not stop.wait(LOOK_EVERY_SECONDS):
            self.look_after()

    def replace(self, name: str, dies_at: str = "") -> None:
        """SIGKILL one and start the next, which may die at a fault point (`point:n`)."""
        with self._lock:
            self._there[name].kill()
            self._start(name, **({"SPRINGRAIN_CRASH_AT": dies_at} if dies_at else {}))

    def asleep(self, name: str, until: threading.Event, seconds: float) -> None:
        """Put one to sleep until then, or for so long."""
        child = self._there[name]
        child.signal(signal.SIGSTOP)
        until.wait(seconds)
        child.signal(signal.SIGCONT)

    def _start(self, name: str, **environ: str) -> None:
        post = self.posts[name]
        self._there[name] = self._backbone.process(post.service, post.role, **environ)
        self.starts += 1


def point(post: Post, chance: random.Random) -> str:
    """A fault point of this post, at one of its next passings."""
    return f"{chance.choice(post.dies_at)}:{chance.randint(1, 4)}"


def tell_together(backbone: Backbone, callers: int) -> list[Event]:
    """Commands of callers that wait at the same moment. Returns what was acknowledged."""
    registry = backbone.registry
    commands = [tell_roster(registry, new_id(), 1) for _ in range(callers)]
    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(registry.units.run_together, commands))


def cut_connections(backbone: Backbone) -> None:
    """The broker closes every connection of this virtual host."""
    backbone.stack.rabbit.control("close_all_connections", "--vhost", backbone.vhost.name, "a fault")


def lose_binding(backbone: Backbone, chance: random.Random) -> None:
    """Somebody deletes a binding."""
    queue, key = chance.choice(sorted(pair for pair in TOPOLOGY.bindings() if pair[1] in ("roster.#", "#")))
    lose(Management(backbone.stack.management_url), backbone.vhost.name, queue, key)


def lose_queue(backbone: Backbone, workers: Workers) -> None:
    """Somebody deletes the listener's queue and what lies in it; a consumer or a relay makes it anew."""
    management = Management(backbone.stack.management_url)

    def made_anew() -> bool:
        workers.look_after()
        return _bound(management, backbone)

    management.ask("DELETE", "queues", backbone.vhost.name, LISTENER)
    eventually(made_anew, "it is made anew", within=60, every=0.2)


def publish_copies(backbone: Backbone, most: int, chance: random.Random) -> None:
    """Copies of some events come, in any order."""
    rows = list(backbone.registry.database["outbox"].aggregate([{"$sample": {"size": most}}]))
    bodies = [bytes(event["body"]) for row in rows for event in row["events"]]
    chance.shuffle(bodies)
    backbone.publish_to(LISTENER, *bodies)


def pause_database(backbone: Backbone) -> None:
    """The database answers nothing while copies come and are in the consumer's hand."""
    bodies = [bytes(row["body"]) for row in told_events(backbone.registry.database)[:20]]
    mongod = backbone.stack.mongo.child
    assert mongod is not None
    mongod.signal(signal.SIGSTOP)
    try:
        backbone.publish_to(LISTENER, *bodies)
        with suppress(AssertionError):  # with no consumer there nobody takes them, and that is a pause too
            eventually(lambda: backbone.waiting_in(LISTENER) == 0, within=1.0)
    finally:
        mongod.signal(signal.SIGCONT)


def release_killers(backbone: Backbone) -> int:
    """An event in whose handling chance killed the process thrice is parked as the one that kills; a person releases it."""
    listener = backbone.scheduler
    retries = Retries(listener.units, listener.database, inbox_of(listener, Duties()), listener.machine_clock)
    killers = list(listener.database[held.NAME].find({"state": held.PARKED, "reason": "kills_the_process"}))
    for row in killers:
        retries.retry(row["_id"], new_id(), listener.home)
    return len(killers)


def _bound(management: Management, backbone: Backbone) -> bool:
    rows = management.ask("GET", "bindings", backbone.vhost.name, "e", "springrain.events", "q", LISTENER)
    return any(row["routing_key"] == "roster.#" for row in rows or [])

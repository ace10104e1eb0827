"""Two relays at once, a lost binding, a lost queue, a full one."""

import signal
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from deploy.local.stack import Management
from shared.events import Event
from shared.healing.bindings import Bindings, Look
from shared.ids import new_id
from shared.messaging import relay as relay_room
from shared.messaging.flight import Flying
from shared.messaging.lease import NAME as LEASES
from shared.messaging.marks import Marks
from shared.runtime import Runtime
from tests.eventually import eventually
from tests.faults.backbone import Backbone


def test_a_relay_that_sleeps_past_its_lease_and_wakes_does_no_harm(backbone: Backbone) -> None:
    first = backbone.process("registry", "relay")
    told = backbone.tell(subjects=5, each=4)
    eventually(lambda: backbone.untold() == 0, "the first relay works", within=30)
    first.signal(signal.SIGSTOP)
    told += backbone.tell(subjects=5, each=4)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        eventually(lambda: backbone.untold() == 0, "the second took over", within=5)
        first.signal(signal.SIGCONT)
        told += backbone.tell(subjects=20, each=4)
        backbone.count(told)
    told += backbone.tell(subjects=1, each=1)
    eventually(lambda: backbone.untold() == 0, "the first takes over again", within=10)


def prove_contact(runtime: Runtime) -> Event:
    """An event of the notifier's."""
    data = {"person": new_id(), "until": "2027-01-01T00:00:00Z"}
    words = {"subject": new_id(), "branch": runtime.home, "actor": "system:notifier"}
    told: Event = runtime.units.run(lambda unit: unit.tell("contact.proven.v1", revision=1, data=data, **words))
    return told


def test_a_lost_binding_is_found_put_back_and_told_again_by_every_source(backbone: Backbone) -> None:
    notifier = backbone.county.service("notifier")
    management = Management(backbone.stack.management_url)
    with backbone.running(backbone.relay(backbone.registry), backbone.relay(notifier), backbone.consumer()):
        told = backbone.tell(subjects=5, each=2)
        eventually(lambda: len(backbone.effects()) == 10, within=30)
        for key in ("roster.#", "contact.#"):
            lose(management, backbone.vhost.name, "scheduler.events", key)
        told += backbone.tell(subjects=5, each=2)
        proven = [prove_contact(notifier) for _ in range(5)]
        backbone.count(told, others=proven)


def test_marks_that_hang_while_a_binding_is_lost_end_before_it_is_settled(
    backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang, hanging, go_on, marked = threading.Event(), threading.Event(), threading.Event(), threading.Event()
    mark, settle = Marks.mark, Bindings.settle

    def mark_late(self: Marks, rows: Sequence[Flying]) -> bool:
        if hang.is_set():
            hanging.set()
            assert go_on.wait(60)
        done = mark(self, rows)
        marked.set()
        return done

    def settle_then_let_marks_end(self: Bindings, look: Look) -> int:
        """The worst moment: what is marked now was neither found by the settling nor is untold."""
        rows = settle(self, look)
        if hanging.is_set() and not go_on.is_set():
            marked.clear()
            go_on.set()
            assert marked.wait(30)
        return rows

    monkeypatch.setattr(Marks, "mark", mark_late)
    monkeypatch.setattr(Bindings, "settle", settle_then_let_marks_end)
    monkeypatch.setattr(relay_room, "MARK_WITHIN_SECONDS", 0.1)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        told = backbone.tell(subjects=2, each=2)
        eventually(lambda: len(backbone.effects()) == 4 and backbone.untold() == 0, within=30)
        hang.set()
        lose(Management(backbone.stack.management_url), backbone.vhost.name, "scheduler.events", "roster.#")
        told += backbone.tell(subjects=2, each=2)
        eventually(hanging.is_set, "confirmed by the broker, though not for the listener, and not marked", within=30)
        for _ in range(10):
            leased = _leased_until(backbone)
            eventually(lambda leased=leased: _leased_until(backbone) != leased, "the relay goes on", within=10)
        hang.clear()
        go_on.set()
        backbone.count(told)


def _leased_until(backbone: Backbone) -> Any:
    row = backbone.registry.database[LEASES].find_one({"_id": "relay"})
    return row and row["until"]


def lose(management: Management, vhost: str, queue: str, key: str) -> None:
    """Delete every binding of a queue by this key, as an operator's mistake would."""
    path = ("bindings", vhost, "e", "springrain.events", "q", queue)
    for row in management.ask("GET", *path):
        if row["routing_key"] == key:
            management.ask("DELETE", *path, row["properties_key"])


def test_a_lost_queue_is_made_anew_and_all_it_held_is_told_again(backbone: Backbone) -> None:
    management = Management(backbone.stack.management_url)
    with backbone.running(backbone.relay(backbone.registry)):
        told = backbone.tell(subjects=5, each=2)
        eventually(lambda: backbone.untold() == 0, within=30)
        eventually(lambda: backbone.registry.database["bindings"].count_documents({}) > 0)
        management.ask("DELETE", "queues", backbone.vhost.name, "scheduler.events")
        told += backbone.tell(subjects=5, each=2)
        eventually(lambda: backbone.untold() == 0 and backbone.waiting_in("scheduler.events") > 0, "told again", within=20)
        with backbone.running(backbone.consumer()):
            backbone.count(told)


@pytest.mark.slow
def test_a_full_queue_refuses_and_is_tried_again_until_it_takes_all(backbone: Backbone) -> None:
    management = Management(backbone.stack.management_url)
    limit = {"pattern": "audit.log", "definition": {"max-length": 3}, "apply-to": "queues"}
    management.ask("PUT", "policies", backbone.vhost.name, "full", body=limit)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        eventually(lambda: _policy_of(management, backbone.vhost.name, "audit.log") == "full", "the limit holds", within=40)
        told = backbone.tell(subjects=10, each=3)
        eventually(lambda: 0 < backbone.untold() < len(told), "some were refused", within=30)
        eventually(lambda: backbone.read_log() and backbone.untold() == 0, "the log reads on", within=30, every=0.2)
        backbone.count(told)


def _policy_of(management: Management, vhost: str, queue: str) -> str:
    """The policy in effect on a queue: set over HTTP, it takes its time."""
    found = [row for row in management.ask("GET", "queues", vhost) or [] if row["name"] == queue]
    return str(found[0].get("policy") or "") if found else ""

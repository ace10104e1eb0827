"""Pitfalls of the broker, the database and their clients that others fell into (docs/faults.md): here is how we do not."""

import inspect
from typing import Any

from deploy.local.stack import Management
from shared.events import Event
from shared.ids import new_id
from shared.messaging.topology import DELIVERY_LIMIT, EXCHANGE, declare
from shared.units import Unit, bound, runner
from shared.units.outbox import Outbox
from tests.county import tell_roster
from tests.eventually import eventually
from tests.faults.backbone import TOPOLOGY, Backbone


def test_an_exchange_that_is_gone_is_noticed_and_what_was_told_into_the_void_is_told_again(backbone: Backbone) -> None:
    management = Management(backbone.stack.management_url)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        told = backbone.tell(subjects=5, each=2)
        eventually(lambda: len(backbone.effects()) == len(told), "it works", within=30)
        management.ask("DELETE", "exchanges", backbone.vhost.name, EXCHANGE)
        told += backbone.tell(subjects=5, each=2)
        backbone.count(told)


def test_what_no_queue_takes_is_confirmed_by_the_broker_and_known_by_its_return(backbone: Backbone) -> None:
    registry = backbone.county.service("registry", management_url="")  # so that no look at the bindings finds it before
    management = Management(backbone.stack.management_url)
    with backbone.running(backbone.relay(registry), backbone.consumer()):
        told = backbone.tell(subjects=5, each=2)
        eventually(lambda: len(backbone.effects()) == len(told), "it works", within=30)
        path = ("bindings", backbone.vhost.name, "e", EXCHANGE, "q")
        for queue in TOPOLOGY.queues:
            for row in management.ask("GET", *path, queue):
                management.ask("DELETE", *path, queue, row["properties_key"])
        told += backbone.tell(subjects=5, each=2)
        backbone.count(told)


def test_every_queue_says_itself_how_it_behaves_so_that_no_broker_s_default_matters(backbone: Backbone) -> None:
    declare(backbone.vhost.amqp_url, TOPOLOGY)
    rows = Management(backbone.stack.management_url).ask("GET", "queues", backbone.vhost.name)
    found = {row["name"]: row["arguments"] for row in rows}
    assert found.keys() >= set(TOPOLOGY.queues)
    assert all(row["durable"] and not row["exclusive"] and not row["auto_delete"] for row in rows)
    for name, arguments in found.items():
        assert arguments["x-queue-type"] == "quorum"
        assert arguments["x-delivery-limit"] >= DELIVERY_LIMIT
        if name in TOPOLOGY.queues:
            assert arguments["x-dead-letter-strategy"] == "at-least-once"
            assert arguments["x-overflow"] == "reject-publish"
            assert arguments["x-dead-letter-routing-key"] in found


def test_an_event_that_got_its_number_first_and_is_committed_last_is_told_all_the_same(backbone: Backbone) -> None:
    registry = backbone.registry
    outbox = Outbox(registry.database)
    overtaking: list[Event] = []

    def work(unit: Unit) -> Event:
        first: Event = tell_roster(registry, new_id(), 1)(unit)
        overtaking.extend(backbone.tell(subjects=1, each=1))
        eventually(lambda: outbox.rows.find_one({"events.id": overtaking[-1].id, "told_at": {"$exists": True}}), within=15)
        return first

    with backbone.running(backbone.relay(registry), backbone.consumer()):
        slow = registry.units.run(work)
        assert slow.id < overtaking[0].id
        backbone.count([slow, *overtaking])


def test_a_unit_reads_a_snapshot_and_commits_with_a_majority_and_a_journal(backbone: Backbone) -> None:
    assert runner.SNAPSHOT.level == "snapshot"
    assert runner.MAJORITY.document == {"w": "majority", "j": True}
    assert backbone.registry.client.write_concern.document == {"w": "majority", "j": True}


def test_no_call_of_a_unit_can_leave_its_transaction_or_upsert_in_it() -> None:
    source = inspect.getsource(bound)
    assert "upsert" not in source
    calls = {name: inspect.getsource(method) for name, method in vars(bound.Bound).items() if inspect.isfunction(method)}
    direct: dict[str, Any] = {name: text for name, text in calls.items() if "collection." in text}
    assert len(direct) >= 5
    assert [name for name, text in direct.items() if "session=self._session" not in text] == []

"""What a listener missed it notices by itself and is told again: from the outbox of who told it, or from the log, for ever."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from shared.clock import county_day
from shared.events import Event
from shared.healing.again import LOG, Answering, Ask, send_ask
from shared.healing.days import COUNT_THE_DAY, DayCount, DayWatch
from shared.healing.gaps import GapWatch
from shared.healing.outbox_again import OutboxAgain
from shared.units.timers import Timer
from tests.eventually import eventually
from tests.faults.backbone import FOLLOWS, TOPOLOGY, Backbone

Loop = Callable[[threading.Event], None]
AT_ONCE = timedelta(0)


def lose(backbone: Backbone, *lost: Event) -> None:
    """Take these out of the listener's queue, as a disk or an operator might, and leave the others there in order."""
    bodies = backbone.drain("scheduler.events")
    backbone.publish_to("scheduler.events", *[body for body in bodies if body not in {event.body for event in lost}])


def answering(backbone: Backbone) -> Loop:
    find = OutboxAgain(backbone.registry.database, "registry").find
    return Answering(backbone.vhost.amqp_url, "registry", find, TOPOLOGY).run


def gap_watch(backbone: Backbone) -> GapWatch:
    listener = backbone.scheduler
    ask = partial(send_ask, backbone.vhost.amqp_url)
    return GapWatch(listener.units, listener.database, "scheduler", listener.home, listener.machine_clock, ask, AT_ONCE)


def day_watch(backbone: Backbone) -> DayWatch:
    listener = backbone.scheduler
    ask = partial(send_ask, backbone.vhost.amqp_url)
    follows = [noun for noun in FOLLOWS["scheduler"] if noun != "day"]  # counted before its end, today lacks this very count
    words = (listener.units, listener.database, "scheduler", listener.home, follows)
    return DayWatch(*words, listener.machine_clock, ask, AT_ONCE)


def count_the_day(backbone: Backbone) -> Event:
    """What the timer of the source does ten minutes after midnight."""
    registry = backbone.registry
    eventually(lambda: registry.database["outbox"].count_documents({"untold": True}) == 0, "all is told", within=20)
    timer = Timer("t", COUNT_THE_DAY, datetime.now(UTC), {"day": county_day(datetime.now(UTC)).isoformat()})
    count = DayCount("registry", registry.home, registry.county_clock)

    def work(unit: object) -> Event:
        count.count(unit, timer)  # type: ignore[arg-type]
        return unit.told[0]  # type: ignore[attr-defined,no-any-return]

    return registry.units.run(work)


def test_a_hole_in_a_chain_is_told_once_and_closes_by_itself(backbone: Backbone) -> None:
    with backbone.running(backbone.relay(backbone.registry), answering(backbone)):
        told = backbone.tell(subjects=3, each=4)
        eventually(lambda: backbone.untold() == 0, "all told", within=20)
        lose(backbone, told[1], told[2], told[5])
        with backbone.running(backbone.consumer()):
            eventually(lambda: backbone.held() == 3, "three wait for what was lost", within=20)
            watch = gap_watch(backbone)
            assert watch.look() == 2
            backbone.count(told)
            assert watch.look() == 0
    told_of = [backbone.told_by(backbone.scheduler, type_) for type_ in ("gap.noticed.v1", "gap.filled.v1")]
    assert told_of == [2, 2]


def test_a_lost_tail_is_known_by_the_days_count_and_comes_by_itself(backbone: Backbone) -> None:
    with backbone.running(backbone.relay(backbone.registry), answering(backbone)):
        told = backbone.tell(subjects=2, each=3)
        eventually(lambda: backbone.untold() == 0, "all told", within=20)
        lose(backbone, told[2], told[5])
        told.append(count_the_day(backbone))
        days = backbone.scheduler.database["days"]
        with backbone.running(backbone.consumer()):
            eventually(lambda: days.count_documents({}) == 1, "the day's count came", within=20)
            watch = day_watch(backbone)
            eventually(lambda: watch.look() == 0, "the day agrees", within=20, every=0.2)
            backbone.count(told, silent=1)
    assert days.find_one({"agreed": True}) is not None
    told_of = [backbone.told_by(backbone.scheduler, type_) for type_ in ("day.differs.v1", "day.agreed.v1")]
    assert told_of == [1, 1]


def test_a_day_of_which_all_was_heard_agrees_and_nothing_is_asked(backbone: Backbone) -> None:
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        told = [*backbone.tell(subjects=2, each=3)]
        eventually(lambda: len(backbone.effects()) == 6, within=20)
        told.append(count_the_day(backbone))
        eventually(lambda: backbone.scheduler.database["days"].count_documents({}) == 1, within=20)
        watch = day_watch(backbone)
        eventually(lambda: watch.look() == 0, within=10)
        backbone.count(told, silent=1)
    told_of = [backbone.told_by(backbone.scheduler, type_) for type_ in ("day.differs.v1", "day.agreed.v1")]
    assert told_of == [0, 0]
    assert backbone.waiting_in("registry.asked") == 0


def test_what_no_outbox_has_any_more_is_asked_of_the_log(backbone: Backbone) -> None:
    """The log answers out of its entries (tests/integration/test_audit_retelling.py); here it is asked, with the very ask."""
    with backbone.running(backbone.relay(backbone.registry), answering(backbone)):
        told = backbone.tell(subjects=1, each=2)
        eventually(lambda: backbone.untold() == 0, within=20)
        backbone.registry.database["outbox"].delete_many({"events.revision": 1})
        ask = Ask("scheduler.events", told[0].subject, 1, 1)
        assert send_ask(backbone.vhost.amqp_url, "registry", ask)
        eventually(lambda: backbone.waiting_in(f"{LOG}.asked") == 1, "the log is asked", within=20)
        assert backbone.drain(f"{LOG}.asked") == [ask.body()]


def test_an_ask_for_a_queue_that_is_none_of_ours_is_passed_over(backbone: Backbone) -> None:
    with backbone.running(backbone.relay(backbone.registry), answering(backbone)):
        told = backbone.tell(subjects=1, each=1)
        eventually(lambda: backbone.waiting_in("scheduler.events") == 1, "all is in place", within=20)
        for body in (b"\xff", b"{}", b"[]", Ask("amq.rabbitmq.trace", told[0].subject, 1, 1).body()):
            backbone.publish_to("registry.asked", body)
        assert send_ask(backbone.vhost.amqp_url, "registry", Ask("notifier.events", told[0].subject, 1, 1))
        eventually(lambda: backbone.waiting_in("notifier.events") == 1, "the good one is answered", within=20)
        assert backbone.drain("notifier.events") == [told[0].body]

"""From the page for the person on duty to the worker, on the real servers: a queue that stood still goes on, and it is told."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from deploy.local.stack import Management, Stack
from services.audit.wiring import duties_of
from shared.events import Event
from shared.healing.beats import BeatSender
from shared.ids import new_id
from shared.inbox.held import Patience
from shared.messaging.follows import county_topology
from shared.messaging.topology import BEATS, declare
from shared.units import Unit
from shared.units.outbox import Outbox
from tests.county import County
from tests.duty_office import DutyOffice
from tests.eventually import eventually
from tests.faults.backbone import Backbone
from tests.faults.worker_process import HANDLERS
from tests.servers import Vhost

HASTY = Patience(first_delay=timedelta(milliseconds=1), most_tries=1)


class Broken:
    """A handler that fails for the first events of some subjects, until it is mended."""

    def __init__(self) -> None:
        self.subjects: set[str] = set()

    def __call__(self, unit: Unit, event: Event) -> None:
        if event.subject in self.subjects and event.revision == 1:
            raise ValueError("a value the reader must never see")
        HANDLERS["note"](unit, event)


@pytest.fixture
def office(county: County) -> DutyOffice:
    return DutyOffice(county)


def parked(office: DutyOffice) -> set[str]:
    return {row["id"] for row in office.get(f"{office.api}/held").json["items"]}


def test_what_stood_still_goes_on_in_order_once_it_is_retried_or_dropped(
    county: County, office: DutyOffice, stack: Stack, vhost: Vhost
) -> None:
    backbone, broken = Backbone(county, stack, vhost), Broken()
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer(broken, HASTY)):
        mended, useless = (told[0] for told in _three_each(backbone, broken))
        eventually(lambda: parked(office) == {mended.id, useless.id}, "both are parked")
        page = office.get(f"{office.pages}/part").text
        assert "2 件事件暂存待处理" in page and "名册已导入" in page and "test_duty.py" in page
        assert "must never see" not in page + office.get(f"{office.pages}/held/{mended.id}/part").text
        assert f'reason="ValueError",service="scheduler",type="{mended.type}"}} 2.0' in office.get("/metrics").text
        broken.subjects.discard(mended.subject)
        assert office.post(f"{office.api}/held/{mended.id}/retry").status_code == 200
        eventually(lambda: _handled(backbone, mended) == [1, 2, 3], "the mended one and what waited behind it")
        assert _handled(backbone, useless) == []
        assert office.post(f"{office.api}/held/{useless.id}/drop").status_code == 200
        eventually(lambda: _handled(backbone, useless) == [2, 3], "what waited behind the dropped one")
        eventually(lambda: backbone.held() == 0)
        queues = eventually(lambda: office.get(office.api).json["queues"], "the broker counts", within=20, every=0.5)
    assert "scheduler.events" in {queue["name"] for queue in queues}
    assert office.released() == [(office.account, "retry", mended.id), (office.account, "drop", useless.id)]


def _three_each(backbone: Backbone, broken: Broken) -> list[list[Event]]:
    """Two rosters of three events each; the handler fails at the first of both."""
    subjects = [new_id(), new_id()]
    broken.subjects.update(subjects)
    return [[backbone.tell_one(subject, revision) for revision in (1, 2, 3)] for subject in subjects]


def _handled(backbone: Backbone, first: Event) -> list[int]:
    return [row["revision"] for row in backbone.effects() if row["subject"] == first.subject]


def test_of_two_administrators_at_once_one_decides_and_the_others_are_told_so(office: DutyOffice) -> None:
    first, _ = office.park()
    ways = [f"{office.api}/held/{first.id}/{decision}" for decision in ("retry", "drop", "retry", "drop")]
    answers = at_once([lambda way=way: office.post(way) for way in ways])
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert all(answer.status_code in (404, 409) for answer in answers if answer.status_code != 200)
    assert [answer.status_code for answer in answers].count(200) == len(office.released()) == 1


def test_a_button_pressed_twice_at_once_has_one_effect_and_one_answer(office: DutyOffice) -> None:
    first, _ = office.park()
    way = f"{office.api}/held/{first.id}/drop"
    answers = at_once([lambda: office.post(way, key="pressed")] * 3)
    assert [(answer.status_code, answer.json) for answer in answers] == [(200, {"id": first.id, "decision": "drop"})] * 3
    assert office.released() == [(office.account, "drop", first.id)]


def at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    """The answers of deeds that begin at one moment."""
    gate = threading.Barrier(len(deeds))

    def one(deed: Callable[[], Any]) -> Any:
        gate.wait(10)
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))


def test_the_beats_of_a_worker_are_seen_on_the_audit_services_part(
    county: County, management: Management, vhost: Vhost
) -> None:
    declare(county.settings.amqp_url, county_topology())
    office, scheduler = DutyOffice(county, "audit"), county.service("scheduler")
    sender = BeatSender("scheduler", Outbox(scheduler.database), county.settings.amqp_url, scheduler.machine_clock)
    with running(duties_of(office.runtime).loops["silence"]):
        eventually(lambda: ears_of(management, vhost), "somebody listens", within=30)
        with running(sender.run):
            beats = eventually(lambda: office.get(office.api).json["beats"], "a beat is heard")
    assert [beat["service"] for beat in beats] == ["scheduler"]
    assert 'springrain_beat_age_seconds{service="audit",source="scheduler"}' in office.get("/metrics").text


def ears_of(management: Management, vhost: Vhost) -> list[Any]:
    """What is bound to the beats."""
    return management.ask("GET", "exchanges", vhost.name, BEATS, "bindings", "source") or []


@contextmanager
def running(loop: Callable[[threading.Event], None]) -> Iterator[None]:
    """A worker's loop in a thread while the block lasts."""
    stop = threading.Event()
    thread = threading.Thread(target=loop, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(15)

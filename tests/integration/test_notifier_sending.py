"""Messages on their way: crashes, silence, throttling and receipts in any order. Nothing is sent twice blindly."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from services.notifier.commands.settle import settle
from services.notifier.smpp import Accepted, Receipt, ReceiptState, Unknown
from services.notifier.wiring import desk_of
from tests.carriers import our_carrier
from tests.county import County
from tests.eventually import eventually
from tests.servers import Vhost
from tests.village import Village, at

PHONES = [f"1380000{number:04}" for number in range(30)]


@pytest.fixture
def village(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Village]:
    clock = at(tmp_path)
    with our_carrier("--real-time", *(word for phone in PHONES for word in ("--character", f"{phone}=silent"))) as carrier:
        more = {"county_time_file": str(tmp_path / "county.time"), "smpp_port": str(carrier.port), "smpp_password": "rain"}
        county = County(stack, vhost, database_name, tmp_path, **more)
        yield Village(county, carrier, clock)
        county.close()


def greeted(village: Village, many: int) -> None:
    """So many relatives were just registered: a greeting is queued for each."""
    elder = village.elder()
    for phone in PHONES[:many]:
        village.kin(elder, village.person("王建国", phone))


@pytest.mark.parametrize("point", ["before_handing_over", "after_handing_over:2", "after_telling"])
def test_a_crash_between_submitting_and_answer_never_doubles(village: Village, point: str) -> None:
    greeted(village, 30)
    environ = os.environ | village.county.environ | {"SPRINGRAIN_CRASH_AT": point}
    crashed = subprocess.run([sys.executable, "-m", "services.notifier.worker"], env=environ, timeout=60, capture_output=True)
    assert crashed.returncode == -9
    with village.sending():
        eventually(
            lambda: village.rows["messages"].count_documents({"state": {"$in": ["queued", "submitting"]}}) == 0, within=20
        )
    carrier = village.carrier
    assert carrier is not None
    assert all(len(carrier.arrived(phone)) <= 1 for phone in PHONES)
    arrived = sum(len(carrier.arrived(phone)) for phone in PHONES)
    states = [row["state"] for row in village.messages()]
    assert states.count("unknown") + arrived >= 30
    assert len(village.told("message.unknown")) >= states.count("unknown")


def test_a_submit_without_an_answer_is_unknown_until_its_receipt_settles_it(village: Village) -> None:
    assert village.carrier is not None
    village.carrier.fails(mute=1)
    greeted(village, 1)
    with village.sending():
        eventually(lambda: village.messages(state="delivered"), within=15)
    assert len(village.carrier.arrived(PHONES[0])) == 1
    assert [event.type for event in village.told("message")] == ["message.unknown.v1", "message.delivered.v1"]


def test_throttling_delays_and_loses_nothing(village: Village) -> None:
    assert village.carrier is not None
    village.carrier.fails(throttle=5)
    greeted(village, 3)
    with village.sending():
        eventually(lambda: len(village.messages(state="delivered")) == 3, within=20)
    assert len(village.told("message.submitted")) == 3


def test_a_cut_line_is_picked_up_again(village: Village) -> None:
    assert village.carrier is not None
    greeted(village, 1)
    with village.sending():
        eventually(lambda: village.messages(state="delivered"))
        village.carrier.fails(cut=True)
        elder = village.elder("周桂花")
        village.kin(elder, village.person("王丽", PHONES[1]))
        eventually(lambda: len(village.messages(state="delivered")) == 2)


class Office:
    """One message handed over, whose fate the test tells by hand."""

    def __init__(self, village: Village) -> None:
        self.village = village
        greeted(village, 1)
        self.desk = desk_of(village.notifier)
        self.ref = village.messages()[0]["_id"]
        change = {"state": "submitting", "sent_at": village.clock.now(), "parts": 1}
        village.rows["messages"].update_one({"_id": self.ref}, {"$set": change})

    def hears(self, *happened: Accepted | Unknown | Receipt) -> None:
        words = [one for one in happened if not isinstance(one, Receipt)]
        receipts = [one for one in happened if isinstance(one, Receipt)]
        self.village.notifier.units.run(lambda unit: settle(self.desk, unit, words, receipts))

    def receipt(self, carrier_id: str, state: ReceiptState = ReceiptState.DELIVERED, number: str = PHONES[0]) -> Receipt:
        return Receipt(carrier_id, state, None, number, "")

    @property
    def told(self) -> list[str]:
        return [event.type.split(".")[1] for event in self.village.told("message")]


@pytest.fixture
def office(village: Village) -> Office:
    return Office(village)


def test_a_receipt_before_the_submit_answer_is_kept_and_settles(office: Office) -> None:
    office.hears(office.receipt("A1"))
    assert office.told == []
    office.hears(Accepted(office.ref, ("A1",)))
    assert office.told == ["submitted", "delivered"]
    assert office.village.rows["receipts"].count_documents({}) == 0


def test_a_receipt_names_the_id_in_decimal(office: Office) -> None:
    office.hears(Accepted(office.ref, ("0000001A2B",)))
    office.hears(office.receipt(str(0x1A2B)))
    assert office.told == ["submitted", "delivered"]


def test_a_decimal_look_alike_of_another_number_settles_nothing(office: Office) -> None:
    office.hears(Accepted(office.ref, ("0000001A2B",)))
    office.hears(office.receipt(str(0x1A2B), number=PHONES[9]))
    assert office.told == ["submitted"]


def test_two_final_receipts_settle_once(office: Office) -> None:
    office.hears(Accepted(office.ref, ("A1",)))
    office.hears(office.receipt("A1"), office.receipt("A1", ReceiptState.FAILED), office.receipt("A1"))
    assert office.told == ["submitted", "delivered"]


def test_a_long_message_is_delivered_with_its_last_part(office: Office) -> None:
    office.village.rows["messages"].update_one({"_id": office.ref}, {"$set": {"parts": 2}})
    office.hears(Accepted(office.ref, ("A1", "A2")), office.receipt("A2"))
    assert office.told == ["submitted"]
    office.hears(office.receipt("A1"))
    assert office.told == ["submitted", "delivered"]


def test_an_unknown_message_that_was_taken_after_all_moves_on(office: Office) -> None:
    office.hears(Unknown(office.ref, ()))
    office.hears(Accepted(office.ref, ("A1",)))
    assert office.told == ["unknown", "submitted"]


def test_a_receipt_of_nobody_is_kept_and_does_no_harm(office: Office) -> None:
    office.hears(office.receipt("FF", number="13911112222"), Receipt("", ReceiptState.DELIVERED, None, "", ""))
    assert office.told == [] and office.village.rows["receipts"].count_documents({}) == 2

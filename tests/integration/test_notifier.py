"""The notifier as a family sees it: real servers, the real carrier, events from their true tellers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from shared.ids import new_id
from tests.carriers import our_carrier
from tests.county import County
from tests.eventually import eventually
from tests.servers import Vhost
from tests.village import WIRES, Village, at

SON, DAUGHTER, HOME = "13800000001", "13800000002", "13800000003"


@pytest.fixture
def village(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Village]:
    clock = at(tmp_path)
    county = County(stack, vhost, database_name, tmp_path, county_time_file=str(tmp_path / "county.time"))
    silent = [word for phone in (SON, DAUGHTER, HOME) for word in ("--character", f"{phone}=silent")]
    with our_carrier("--county-time", str(tmp_path / "county.time"), *silent) as carrier:
        yield Village(county, carrier, clock)
    county.close()


def family(village: Village, phone: str = SON, presence: str = "away", may: str = "may") -> tuple[str, str, str]:
    """An elder, a relative with this phone, their household."""
    elder, relative = village.elder(), village.person("王建国", phone)
    village.kin(elder, relative, presence, may)
    return elder, relative, village.household(elder)


def test_a_number_from_a_roster_is_greeted_once_without_a_name(village: Village) -> None:
    _, relative, _ = family(village)
    village.kin(village.elder("周桂花"), relative)
    with village.sending():
        village.rings(SON, "是家属回1")
        village.settled()
    assert len(village.messages("greeting")) == 1
    assert "王秀英" not in village.carrier.arrived(SON)[0]


def test_a_family_is_told_once_though_the_event_came_twice(village: Village) -> None:
    elder, _, household = family(village)
    village.proves(SON)
    visit = village.visit(household, elder)
    event = village.nobody_came(visit, household, elder)
    village.arrives(event)
    with village.sending():
        texts = village.rings(SON, "没有成行")
        village.settled()
    assert len(texts) == 1 and "王秀英" in texts[0] and "9月3日" in texts[0]
    assert len(village.messages("missed")) == 1


def test_an_event_goes_over_the_broker_to_the_phone(village: Village) -> None:
    with (
        village.county.working(village.registry, WIRES),
        village.county.working(village.notifier, WIRES, village.duties.handlers, ("consumer",)),
        village.sending(),
    ):
        village.over_the_broker = True
        family(village)
        village.rings(SON, "是家属回1")


def test_an_unproven_number_gets_no_name_and_no_day(village: Village) -> None:
    elder, _, household = family(village)
    village.nobody_came(village.visit(household, elder), household, elder)
    with village.sending():
        text = village.rings(SON, "没有成行")[0]
    assert "王秀英" not in text and "9月" not in text


def test_a_barred_relative_never_gets_anything(village: Village) -> None:
    elder, _, household = family(village, may="must_never")
    village.nobody_came(village.visit(household, elder), household, elder)
    assert village.messages() == []


def test_who_is_barred_meanwhile_does_not_get_what_lay_queued(village: Village) -> None:
    elder, relative, household = family(village)
    village.proves(SON)
    village.nobody_came(village.visit(household, elder), household, elder)
    village.tells("kinship.barred.v1", new_id(), {"recipient": elder, "relative": relative})
    with village.sending():
        eventually(lambda: village.messages("missed", state="withdrawn"))
    assert not any("没有成行" in text for text in village.carrier.arrived(SON))


def test_one_phone_of_a_barred_and_another_parent_stays_silent_about_the_child(village: Village) -> None:
    elder, _, household = family(village)
    village.kin(elder, village.person("前夫", SON), "away", "must_never")
    village.proves(SON)
    village.nobody_came(village.visit(household, elder), household, elder)
    with village.sending():
        eventually(lambda: village.messages("missed", state="withdrawn"))
    assert not any("没有成行" in text for text in village.carrier.arrived(SON))


@pytest.mark.parametrize(("word", "told", "state"), [("9", "contact.wrong", "wrong"), ("TD", "contact.stopped", "stopped")])
def test_nine_and_td_are_obeyed_at_once_also_for_what_is_queued(village: Village, word: str, told: str, state: str) -> None:
    elder, _, household = family(village)
    with village.sending():
        village.rings(SON, "是家属回1")
        village.clock.move_to(village.clock.now() + timedelta(hours=13))
        village.nobody_came(village.visit(household, elder), household, elder)
        assert village.messages("missed", state="queued")
        village.carrier.writes(SON, word)
        eventually(lambda: village.told(told))
        village.clock.move_to(village.clock.now() + timedelta(hours=12))
        village.settled()
    assert village.messages("missed")[0]["state"] == "withdrawn"
    assert village.messages("missed")[0]["why"] == state
    assert len(village.carrier.arrived(SON)) == 1


def test_somebody_at_home_is_asked_and_one_confirms_the_visit_hidden(village: Village) -> None:
    elder, relative, household = family(village, HOME, presence="home")
    village.proves(HOME)
    visit = village.visit(household, elder)
    with village.sending():
        village.came(visit, household)
        assert "王秀英" not in village.rings(HOME, "来了回1，没来回2")[0]
        village.carrier.writes(HOME, " １。")
        event = eventually(lambda: village.told("answer.received"))[0]
    assert event.branch == village.county.settings.county
    assert event.actor not in (relative, elder) and relative not in event.body.decode()
    said = village.notifier.sealer.open(event.subject, "event", event.id, event.sealed()[event.subject])
    assert said["meaning"] == "came" and said["visit"] == visit and said["person"] == relative
    village.registry.keys.erase(relative)
    assert village.registry.sealer.open(event.subject, "event", event.id, event.sealed()[event.subject]) not in (said, {})


def test_a_mother_far_away_is_never_asked_as_witness(village: Village) -> None:
    elder, _, household = family(village)
    village.proves(SON)
    village.came(village.visit(household, elder), household)
    assert village.messages("question") == []


def test_without_a_channel_nothing_is_sent_and_the_visit_stays_unknown(village: Village) -> None:
    elder, _, household = family(village, "0791-85567363", presence="home")
    village.came(village.visit(household, elder), household)
    assert village.messages() == [] and village.told("answer") == []


def test_an_unproven_number_at_home_is_not_asked(village: Village) -> None:
    elder, _, household = family(village, HOME, presence="home")
    village.came(village.visit(household, elder), household)
    assert village.messages("question") == []


def test_at_night_nothing_goes_out_and_in_the_morning_it_does(village: Village) -> None:
    elder, _, household = family(village)
    village.proves(SON)
    with village.sending():
        village.settled()
        village.clock.move_to(village.clock.now() + timedelta(hours=12))  # 21:00
        village.nobody_came(village.visit(household, elder), household, elder)
        village.settled()
        assert village.messages("missed")[0]["state"] == "queued"
        assert village.next_due() == village.messages("missed")[0]["not_before"]
        village.clock.move_to(village.next_due())
        village.rings(SON, "没有成行")


def test_nothing_routine_goes_out_about_a_person_with_a_parked_event(village: Village) -> None:
    elder, _, household = family(village)
    village.proves(SON)
    village.rows["held"].insert_one({"_id": "x", "people": [elder], "state": "parked"})
    village.nobody_came(village.visit(household, elder), household, elder)
    with village.sending():
        eventually(lambda: village.messages("missed", not_before={"$gt": village.clock.now()}))
        village.rings(SON, "是家属回1")
        village.carrier.writes(SON, "看看")
        assert "王秀英" in village.rings(SON, "收到，马上安排")[0]
        village.rows["held"].delete_one({"_id": "x"})
        village.clock.move_to(village.clock.now() + timedelta(minutes=30))
        village.rings(SON, "没有成行")


def test_kankan_raises_a_look_in_that_is_promised_and_told_back(village: Village) -> None:
    elder, relative, household = family(village)
    with village.sending():
        village.rings(SON, "是家属回1")
        village.carrier.writes(SON, "去看看吧")
        asked = eventually(lambda: village.told("look_in.asked"))[0]
        assert asked.data["recipient"] == elder and asked.data["promised"] == "2026-09-01T05:00:00Z"
        assert "9月1日 13:00" in village.rings(SON, "收到，马上安排")[0]
        visit = village.visit(household, elder, kind="look_in", look_in=asked.subject, due=asked.data["promised"])
        village.came(visit, household, kind="look_in", look_in=asked.subject, closed={elder: {"well": "well"}})
        assert "一切都好" in village.rings(SON, "刚去过了")[0]
        back = eventually(lambda: village.told("look_in.told_back"))[0]
    assert (back.subject, back.revision) == (asked.subject, 2)
    assert [event.data["person"] for event in village.told("contact.proven")] == [relative]


def test_junk_is_asked_again_once_and_then_filed(village: Village) -> None:
    elder, _, household = family(village, HOME, presence="home")
    village.proves(HOME)
    village.came(village.visit(household, elder), household)
    with village.sending():
        village.rings(HOME, "来了回1")
        village.carrier.writes(HOME, "好的")
        village.rings(HOME, "有人来回1，没人来回2")
        village.carrier.writes(HOME, "谢谢你们")
        event = eventually(lambda: village.told("answer.received"))[0]
        village.settled()
    said = village.notifier.sealer.open(event.subject, "event", event.id, event.sealed()[event.subject])
    assert said["meaning"] == "unclear"
    assert len(village.messages("question_again")) == 1


def test_the_same_answer_twice_has_one_effect(village: Village) -> None:
    family(village)
    with village.sending():
        village.rings(SON, "是家属回1")
        village.carrier.writes(SON, "看看")
        village.carrier.writes(SON, "看看")
        village.rings(SON, "收到，马上安排")
        village.carrier.writes(SON, "谢谢")
        eventually(lambda: village.rows["answers"].count_documents({}) == 2)
    assert len(village.told("look_in.asked")) == 1


def test_a_number_of_two_families_proves_nothing_and_is_shown_nothing(village: Village) -> None:
    one, _, household = family(village)
    family(village)
    with village.sending():
        village.rings(SON, "是家属回1")
        village.carrier.writes(SON, "1")
        eventually(lambda: village.rows["answers"].find_one({"shared": True}))
        village.nobody_came(village.visit(household, one), household, one)
        assert "王秀英" not in village.rings(SON, "没有成行")[0]
    assert village.told("contact.proven") == []


def test_a_red_word_raises_an_alarm_at_any_hour_and_stops_the_routine(village: Village) -> None:
    elder, relative, household = family(village)
    village.kin(elder, village.person("王丽", DAUGHTER))
    village.proves(DAUGHTER)
    with village.sending():
        village.rings(SON, "是家属回1")
        village.settled()
        village.clock.move_to(village.clock.now() + timedelta(hours=14))  # 23:00
        village.carrier.writes(SON, "我妈摔倒了！！快")
        alarm = eventually(lambda: village.told("alarm.raised"))[0]
        assert alarm.data == {"recipient": elder, "by": relative, "sealed": alarm.data["sealed"]}
        village.rings(SON, "120")
        village.rings(DAUGHTER, "急：王秀英")
        village.nobody_came(village.visit(household, elder), household, elder)
        village.clock.move_to(village.clock.now() + timedelta(hours=10))
        eventually(lambda: village.messages("missed", why="red_path"))


def test_the_weekly_word_comes_on_sunday_evening_about_all_their_people(village: Village) -> None:
    elder, relative, household = family(village)
    other = village.elder("周桂花")
    village.kin(other, relative)
    village.proves(SON)
    village.came(village.visit(household, elder, asked=False), household, asked=False)
    with village.sending():
        village.settled()
        village.clock.move_to(village.next_due())
        text = village.rings(SON, "这一周")[0]
    assert "王秀英、周桂花" in text and "来看望过1次" in text and "回1" not in text
    assert village.clock.now().isoformat() == "2026-09-06T10:00:00+00:00"


def test_a_number_that_does_not_exist_is_told_as_unreachable_once(village: Village) -> None:
    gone = "13900000009"
    county_file = village.county.settings.county_time_file
    with our_carrier("--county-time", str(county_file), "--character", f"{gone}=gone") as carrier:
        village.carrier = carrier
        there = Village(village.county, carrier, village.clock)
        elder, relative, household = family(there, gone)
        with there.sending():
            unreachable = eventually(lambda: there.told("contact.unreachable"))[0]
            assert unreachable.data["why"] == "no_such_number" and unreachable.data["person"] == relative
            there.nobody_came(there.visit(household, elder), household, elder)
        assert [event.data["why"] for event in there.told("message.failed")] == ["no_such_number"]
        assert there.messages("missed") == []


def test_an_erased_person_leaves_no_number_and_no_queue(village: Village) -> None:
    elder, relative, household = family(village)
    village.nobody_came(village.visit(household, elder), household, elder)
    village.registry.keys.erase(relative)
    village.tells("person.erased.v1", relative, {"ground": "request", "second": new_id()})
    assert village.rows["contacts"].count_documents({"person": relative}) == 0
    assert {row["state"] for row in village.messages()} == {"withdrawn"}
    assert village.hash(SON) not in str(list(village.rows["messages"].find()))

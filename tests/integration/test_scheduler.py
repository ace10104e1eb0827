"""A month of care on the real servers: planned within what is offered, closed each evening, told in whole chains."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import Stack
from services.scheduler.commands import planning, visiting
from shared.errors import Conflict, Forbidden, NotFound, Refused, Stale
from shared.events.envelope import read
from shared.sealing import ERASED
from shared.units import Unit
from tests.county import County
from tests.eventually import eventually
from tests.servers import Vhost
from tests.told import told_events
from tests.unit.scheduler.town import TOWN, Town, on, there

SOON = "2026-09-01 09:00"


@pytest.fixture
def town(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Town]:
    county = County(stack, vhost, database_name, tmp_path)
    yield Town(county, tmp_path)
    county.close()


def acting(town: Town, what: Any, who: Any, visit: dict[str, Any], *more: Any) -> Any:
    """A command on a visit as it stands now, in a unit of work of its own."""
    now = town.visit(visit["_id"])
    return town.scheduler.units.run(lambda unit: what(unit, town.desk, who, now["_id"], now["revision"], *more))


def chains_are_whole(town: Town) -> None:
    by_subject: dict[str, list[int]] = {}
    for event in town.events():
        by_subject.setdefault(event.subject, []).append(event.revision)
    assert all(sorted(revisions) == list(range(1, len(revisions) + 1)) for revisions in by_subject.values())
    for visit in town.visits():
        assert visit["revision"] == len(by_subject[visit["_id"]])


def paired(town: Town, **volunteer: Any) -> tuple[str, str]:
    """A household of one elder and its volunteer."""
    home, who = town.household(), town.volunteer(**volunteer)
    town.pairing(home, who)
    return home, who


def test_a_month_is_planned_at_six_in_the_evening_before_it(town: Town) -> None:
    home, who = paired(town)
    town.comes("2026-08-31 17:59")
    assert town.visits() == []
    town.comes(SOON)
    planned = town.visits()
    assert [visit["household"] for visit in planned] == [home] * 4
    assert {on(visit).month for visit in planned} == {9}
    (plan,) = town.events("plan.made")
    assert (plan.data["volunteer"], plan.data["rhythm"], plan.data["telephone"]) == (who, "weekly", False)
    assert len(town.events("visit.planned")) == 4
    chains_are_whole(town)


def test_who_nobody_can_visit_is_listed_with_the_reason(town: Town) -> None:
    alone = town.household()
    far = town.volunteer(no_place_only=True, places=[])
    called = town.household(band="fortnightly")
    town.pairing(called, far)
    town.comes(SOON)
    assert town.visits() == []
    told = {event.data["household"]: event.data for event in town.events("care.not_covered")}
    assert (told[alone]["visits"], told[alone]["why"], told[alone]["month"]) == (4, "no_volunteer", "2026-09")
    assert told[called]["visits"] == 2
    plans = {event.data["household"]: event.data["telephone"] for event in town.events("plan.made")}
    assert plans == {alone: False, called: True}


def test_a_plan_told_in_two_batches_is_whole_and_told_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "EVENTS_AT_ONCE", 10)
    homes = [paired(town)[0] for _ in range(5)]
    town.comes(SOON)
    assert Counter(visit["household"] for visit in town.visits()) == dict.fromkeys(homes, 4)
    assert len(town.events("plan.made")) == 5
    assert town.scheduler.database["drafts"].count_documents({}) == 0
    chains_are_whole(town)


def test_a_crash_between_two_batches_loses_and_doubles_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "EVENTS_AT_ONCE", 10)
    homes = [paired(town)[0] for _ in range(4)]
    town.clock.move_to(there("2026-08-31 18:00"))
    town.timer_loop().fire_due(2)

    def dies(unit: Unit) -> None:
        planning.tell_plans(unit, town.desk, "month:2026-09", town.desk.now())
        raise RuntimeError("power cut before the commit")

    before = len(town.visits())
    with pytest.raises(RuntimeError):
        town.scheduler.units.run(dies)
    assert len(town.visits()) == before
    town.comes(SOON)
    assert Counter(visit["household"] for visit in town.visits()) == dict.fromkeys(homes, 4)
    chains_are_whole(town)


def test_a_month_planned_twice_is_planned_once(town: Town) -> None:
    paired(town)
    town.comes(SOON)
    due_at = town.desk.now()
    town.scheduler.units.run(lambda unit: planning.plan_month(unit, town.desk, "2026-09", due_at))
    town.comes("2026-09-01 09:01")
    assert len(town.visits()) == 4


def test_a_volunteer_checks_in_and_reports_and_the_note_is_sealed(town: Town) -> None:
    home, who = paired(town)
    town.comes(SOON)
    first = town.visits()[0]
    town.comes(first["day"] + " 10:00")
    me = town.principal(who)
    acting(town, visiting.check_in, me, first)
    acting(town, visiting.report, me, first, {"minutes": 40, "well": "well", "note": "血压正常，要一床厚被子"})
    done = town.visit(first["_id"])
    assert (done["state"], done["minutes"], done["revision"]) == ("completed", 40, 3)
    assert "被子" not in str(done)
    (told,) = town.events("visit.completed")
    assert "被子" not in told.body.decode()
    opened = town.scheduler.sealer.open(done["under"], "visits", done["_id"], done["sealed"])
    assert opened is not ERASED
    assert opened["note"].endswith("被子")
    household = town.scheduler.database["households"].find_one({"_id": home})
    assert household is not None
    assert household["last_visit"] == first["day"]
    chains_are_whole(town)


def test_only_the_volunteer_of_the_visit_or_a_clerk_of_the_place_acts_on_it(town: Town) -> None:
    _, who = paired(town)
    other = town.volunteer()
    town.comes(SOON)
    first = town.visits()[0]
    town.comes(first["day"] + " 10:00")
    for stranger in (town.principal(other), town.clerk(town.next_village)):
        with pytest.raises(NotFound):
            acting(town, visiting.check_in, stranger, first)
    acting(town, visiting.check_in, town.clerk(), first)
    with pytest.raises(Stale):
        town.scheduler.units.run(
            lambda unit: visiting.decline(unit, town.desk, town.principal(who), first["_id"], first["revision"])
        )
    with pytest.raises(Conflict):
        acting(town, visiting.decline, town.principal(who), first)


def test_a_visit_is_not_reported_before_its_day(town: Town) -> None:
    _, who = paired(town)
    town.comes(SOON)
    last = town.visits()[-1]
    with pytest.raises(Refused):
        acting(town, visiting.report, town.principal(who), last, {"minutes": 10})


def test_a_visit_nobody_reported_is_missed_and_the_same_volunteer_has_a_new_day(town: Town) -> None:
    _, who = paired(town)
    town.comes(SOON)
    first = town.visits()[0]
    town.comes(first["day"] + " 18:30")
    (missed,) = town.events("visit.missed")
    assert (missed.subject, missed.data["why"]) == (first["_id"], "no_show")
    again = town.visit(missed.data["next_visit"])
    assert (again["volunteer"], again["day"], again["state"]) == (who, missed.data["next_day"], "planned")
    assert 0 < (on(again) - on(first)).days <= 7
    chains_are_whole(town)


def test_a_visit_missed_again_goes_to_another_and_is_not_promised_for_ever(town: Town) -> None:
    home = town.household(band="monthly")
    who, neighbour = town.volunteer(), town.volunteer()
    town.pairing(home, who)
    town.comes("2026-09-28 09:00")
    tries = [(visit["volunteer"], visit["state"]) for visit in town.visits()]
    assert tries == [(who, "missed"), (who, "missed"), (neighbour, "missed")]
    assert "next_day" not in town.events("visit.missed")[-1].data
    chains_are_whole(town)


def test_who_cannot_costs_nothing_and_a_neighbour_with_room_stands_in(town: Town) -> None:
    _, who = paired(town)
    full, neighbour = town.volunteer(visits_a_month=0), town.volunteer()
    town.comes(SOON)
    first = town.visits()[0]
    town.comes(first["day"] + " 09:00")
    acting(town, visiting.decline, town.principal(who), first)
    town.comes(first["day"] + " 18:30")
    (missed,) = town.events("visit.missed")
    assert missed.data["why"] == "cannot"
    assert town.visit(missed.data["next_visit"])["volunteer"] == neighbour != full
    chains_are_whole(town)


def test_declined_ahead_of_the_day_nobody_waits_in_vain(town: Town) -> None:
    _, who = paired(town)
    neighbour = town.volunteer()
    town.comes(SOON)
    last = town.visits()[-1]
    acting(town, visiting.decline, town.principal(who), last)
    town.comes("2026-09-01 18:30")
    moved = town.visit(last["_id"])
    assert (moved["state"], moved["volunteer"], moved["day"]) == ("planned", neighbour, last["day"])
    assert not [event for event in town.events("visit.missed") if event.subject == last["_id"]]
    chains_are_whole(town)


def test_a_stand_in_for_a_home_with_a_child_has_a_valid_check_on_the_day(town: Town) -> None:
    child = town.person(kinds=["child"], minor=True)
    home = town.household(child, band="fortnightly", minors=True)
    who = town.volunteer(minors_until="2027-01-01")
    town.pairing(home, who)
    town.volunteer()
    town.volunteer(minors_until="2026-08-30")
    checked = town.volunteer(minors_until="2027-01-01", places=[town.next_village.rsplit("/", 1)[-1]])
    town.comes(SOON)
    first = town.visits()[0]
    town.comes(first["day"] + " 09:00")
    acting(town, visiting.decline, town.principal(who), first)
    town.comes(first["day"] + " 18:30")
    (missed,) = town.events("visit.missed")
    assert town.visit(missed.data["next_visit"])["volunteer"] == checked


def test_a_withdrawn_check_takes_the_childs_visits_back_at_once(town: Town) -> None:
    home = town.household(town.person(kinds=["child"], minor=True), band="fortnightly", minors=True)
    who = town.volunteer(minors_until="2027-01-01")
    town.pairing(home, who)
    town.comes(SOON)
    assert [visit["state"] for visit in town.visits()] == ["planned", "planned"]
    town.volunteer(who)
    assert [visit["state"] for visit in town.visits()] == ["declined", "declined"]
    first = town.visits()[0]
    town.comes(first["day"] + " 09:00")
    with pytest.raises(Forbidden):
        acting(town, visiting.report, town.principal(who), first, {"minutes": 5})
    chains_are_whole(town)


def test_who_checked_in_and_forgot_the_report_was_there(town: Town) -> None:
    _, who = paired(town)
    town.comes(SOON)
    first = town.visits()[0]
    town.comes(first["day"] + " 10:00")
    acting(town, visiting.check_in, town.principal(who), first)
    town.comes(f"{on(first).replace(day=on(first).day + 1)} 18:30")
    assert town.visit(first["_id"])["state"] == "completed"


def test_a_look_in_is_asked_of_the_own_volunteer_at_once_and_of_the_next_when_nobody_went(town: Town) -> None:
    home, who = paired(town)
    neighbour = town.volunteer()
    (recipient,) = town.scheduler.database["households"].find_one({"_id": home})["members"]  # type: ignore[index]
    town.comes("2026-09-02 09:00")
    ask = town.look_in(recipient, "2026-09-02 13:00")
    (look,) = town.visits(kind="look_in")
    assert (look["volunteer"], look["day"], look["look_in"]) == (who, "2026-09-02", ask)
    town.comes("2026-09-02 13:00")
    (missed,) = [event for event in town.events("visit.missed") if event.data["kind"] == "look_in"]
    again = town.visit(missed.data["next_visit"])
    assert (again["volunteer"], again["look_in"]) == (neighbour, ask)
    acting(town, visiting.report, town.principal(neighbour), again, {"minutes": 15, "well": "well"})
    (done,) = [event for event in town.events("visit.completed") if event.data["kind"] == "look_in"]
    assert done.data["look_in"] == ask
    chains_are_whole(town)


def test_a_declined_look_in_goes_to_the_next_at_once_with_the_same_promise(town: Town) -> None:
    home, who = paired(town)
    neighbour = town.volunteer()
    (recipient,) = town.scheduler.database["households"].find_one({"_id": home})["members"]  # type: ignore[index]
    town.comes("2026-09-02 09:00")
    town.look_in(recipient, "2026-09-02 13:00")
    (look,) = town.visits(kind="look_in")
    acting(town, visiting.decline, town.principal(who), look)
    (moved,) = town.visits(kind="look_in")
    assert (moved["volunteer"], moved["state"], moved["due"]) == (neighbour, "planned", look["due"])
    chains_are_whole(town)


def test_somebody_present_confirms_and_a_dispute_names_nobody(town: Town) -> None:
    home, who = paired(town)
    town.comes(SOON)
    (recipient,) = town.scheduler.database["households"].find_one({"_id": home})["members"]  # type: ignore[index]
    first, second = town.visits()[:2]
    for visit in (first, second):
        town.comes(visit["day"] + " 10:00")
        acting(town, visiting.report, town.principal(who), visit, {"minutes": 30})
    town.answer(first["_id"], recipient, "came")
    town.answer(second["_id"], recipient, "did_not_come")
    town.answer(second["_id"], recipient, "came")
    assert town.visit(first["_id"])["witness"] == "confirmed"
    assert town.visit(second["_id"])["witness"] == "disputed"
    assert [event.subject for event in town.events("visit.confirmed")] == [first["_id"]]
    (hidden,) = town.events("visit.disputed")
    body = hidden.body.decode()
    assert hidden.branch == town.scheduler.home
    assert not [word for word in (second["_id"], home, who, recipient, town.village) if word in body]
    assert town.scheduler.sealer.open(hidden.subject, "event", hidden.id, hidden.sealed()[hidden.subject]) == {
        "visit": second["_id"],
        "household": home,
        "true_branch": town.village,
    }
    chains_are_whole(town)


def test_when_the_last_of_a_household_is_erased_nobody_is_sent_there(town: Town) -> None:
    elder, spouse = town.person(), town.person()
    home, who = town.household(elder, spouse), town.volunteer()
    town.pairing(home, who)
    town.comes(SOON)
    town.erase(elder)
    assert {visit["state"] for visit in town.visits()} == {"planned"}
    town.erase(spouse)
    assert {visit["state"] for visit in town.visits()} == {"cancelled"}
    assert {event.data["why"] for event in town.events("visit.cancelled")} == {"erased"}
    assert all("sealed" not in row for row in town.scheduler.database["people"].find())
    chains_are_whole(town)


def test_paused_care_is_no_miss_and_begins_again_when_the_children_come_back(town: Town) -> None:
    child = town.person()
    home, who = town.household(child), town.volunteer()
    town.pairing(home, who)
    town.comes(SOON)
    town.person(child, care="paused")
    town.comes("2026-09-10 19:00")
    assert town.events("visit.missed") == []
    town.person(child, care="active")
    town.comes("2026-09-11 19:00")
    planned = town.visits(state="planned")
    assert len(planned) == 2
    assert all(on(visit) > date(2026, 9, 11) for visit in planned)
    chains_are_whole(town)


def test_a_pairing_that_ends_is_taken_over_by_the_next_at_six(town: Town) -> None:
    home, who = town.household(), town.volunteer()
    pairing = town.pairing(home, who)
    town.comes(SOON)
    town.end_pairing(pairing, home, who)
    assert {visit["state"] for visit in town.visits()} == {"cancelled"}
    town.comes("2026-09-01 18:00")
    assert town.events("care.not_covered")[-1].data["why"] == "no_volunteer"
    other = town.volunteer()
    town.pairing(home, other)
    town.comes("2026-09-02 18:00")
    assert {visit["volunteer"] for visit in town.visits(state="planned")} == {other}
    assert town.events("care.not_covered")[-1].data["visits"] == 0
    chains_are_whole(town)


def test_the_same_events_over_the_broker_give_a_plan_though_the_worker_is_stopped_between(town: Town) -> None:
    town.quietly = False
    homes = []
    with town.county.working(town.registry, TOWN, roles=("relay",)):
        with town.county.working(town.scheduler, TOWN, town.duties.handlers, roles=("consumer",)):
            for _ in range(3):
                homes.append(paired(town)[0])
            eventually(lambda: town.scheduler.database["pairings"].count_documents({}) == 3)
        homes.append(paired(town)[0])
        with town.county.working(town.scheduler, TOWN, town.duties.handlers, roles=("consumer",)):
            eventually(lambda: town.scheduler.database["pairings"].count_documents({}) == 4)
    town.comes(SOON)
    assert Counter(visit["household"] for visit in town.visits()) == dict.fromkeys(homes, 4)
    chains_are_whole(town)


def test_a_copy_of_an_ask_sends_nobody_twice(town: Town) -> None:
    home, _ = paired(town)
    (recipient,) = town.scheduler.database["households"].find_one({"_id": home})["members"]  # type: ignore[index]
    town.look_in(recipient, "2026-08-31 13:00")
    (ask,) = told_events(town.notifier.database)
    town.take([read(bytes(ask["body"]))])
    assert len(town.visits(kind="look_in")) == 1

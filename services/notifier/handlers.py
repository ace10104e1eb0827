"""What the notifier does when an event arrives: one table, read and not searched. Types not in it are ticked off."""

from collections.abc import Mapping

from services.notifier.commands import erase, greet, know, visits, weekly
from services.notifier.commands.compose import WAKE
from services.notifier.store import PEOPLE, Desk
from shared import rights
from shared.errors import NotYetKnown
from shared.events import Event
from shared.inbox import Handler
from shared.units import Unit
from shared.units.timers import Timer, TimerHandler


def handlers(desk: Desk) -> Mapping[str, Handler]:
    """The table, with what its functions work with."""

    def keep_person(unit: Unit, event: Event) -> None:
        row = know.know_person(desk, unit, event)
        if row is not None:
            greet.greet_recipient(desk, unit, row)

    def keep_kinship(unit: Unit, event: Event) -> None:
        needed = {event.data["relative"], event.data["recipient"]}
        told = {"$or": [{"number": {"$exists": True}}, {"gone": True}]}
        known = unit.collection(PEOPLE).find({"_id": {"$in": sorted(needed)}, **told}, projection=["_id"])
        for person in sorted(needed - {row["_id"] for row in known}):
            raise NotYetKnown(person)
        know.know_kinship(desk, unit, event)
        if event.data["may_know"] == "may":
            greet.greet_relative(desk, unit, event.data["relative"], event.branch)

    def keep_rights(unit: Unit, event: Event) -> None:
        rights.note(unit, event.subject, event.data["rights"])

    return {
        "account.registered.v1": keep_rights,
        "account.rights_changed.v1": keep_rights,
        "branch.registered.v1": know.know_branch,
        "person.registered.v1": keep_person,
        "person.changed.v1": keep_person,
        "person.erased.v1": lambda unit, event: erase.forget(unit, event.subject, event.branch),
        "kinship.registered.v1": keep_kinship,
        "kinship.changed.v1": keep_kinship,
        "kinship.barred.v1": know.bar_relative,
        "consent.given.v1": lambda unit, event: know.consent_changed(unit, event, withdrawn=False),
        "consent.withdrawn.v1": lambda unit, event: know.consent_changed(unit, event, withdrawn=True),
        "household.formed.v1": know.know_household,
        "household.changed.v1": know.know_household,
        "visit.planned.v1": visits.know_visit,
        "visit.moved.v1": visits.know_visit,
        "visit.completed.v1": lambda unit, event: visits.visit_completed(desk, unit, event),
        "visit.missed.v1": lambda unit, event: visits.visit_missed(desk, unit, event),
        "visit.cancelled.v1": visits.visit_cancelled,
    }


def timers(desk: Desk) -> Mapping[str, TimerHandler]:
    """What is due by county time."""

    def look_at_queue(unit: Unit, timer: Timer) -> None:
        """The sending loop looks by itself; the timer only makes county time stop here."""

    return {
        "weekly_word": lambda unit, timer: weekly.begin_week(desk, unit, timer),
        "weekly_some": lambda unit, timer: weekly.tell_some(desk, unit, timer),
        WAKE: look_at_queue,
    }

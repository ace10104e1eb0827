"""A relative asks that somebody goes and looks, or somebody is in danger. One plea a home; nothing here waits for morning."""

from collections.abc import Sequence
from datetime import datetime

from services.notifier.commands.compose import Draft, queue
from services.notifier.commands.reach import best_contacts, kin_of, one_a_home
from services.notifier.model.hours import promised_until
from services.notifier.store import HOUSEHOLDS, KINSHIPS, LOOK_INS, PEOPLE, Desk, Doc
from shared.clock import to_wire
from shared.ids import new_id
from shared.units import Unit


def ask_look_in(desk: Desk, unit: Unit, contacts: Sequence[Doc], text: str) -> None:
    """`看看`: one look-in for each home whose people the relative may know. Asked again while one is open: nothing new."""
    for contact in contacts[:1]:
        kin = kin_of(desk, unit, {"relative": {"$in": [one["person"] for one in contacts]}})
        may = {row["recipient"]: row["relative"] for row in reversed(kin)}
        for recipient in one_a_home(unit, list(may)):
            asker = next(one for one in contacts if one["person"] == may[recipient["_id"]])
            if recipient.get("care") not in ("active", "paused") or _is_open(unit, recipient["household"], contact["hash"]):
                continue
            _open(desk, unit, asker, recipient, text)


def raise_alarm(desk: Desk, unit: Unit, contacts: Sequence[Doc], text: str) -> None:
    """Red path: told for each home, routine messages about its people stop, relatives who may know hear at once.

    Heard from anybody whose number is known, also one who may not know: an alarm tells its sender nothing.
    """
    persons = [one["person"] for one in contacts]
    cared = [row["recipient"] for row in unit.collection(KINSHIPS).find({"relative": {"$in": persons}})]
    own = unit.collection(PEOPLE).find({"_id": {"$in": persons}, "kinds": {"$in": ["elder", "child"]}})
    speaker = {"_id": persons[0]} if persons else {}
    alarms = []
    for recipient in one_a_home(unit, [*cared, *(row["_id"] for row in own)]):
        by = recipient["_id"] if recipient["_id"] in persons else speaker["_id"]
        alarms.append(alarm := new_id())
        closed = {by: {"words": text}} if text else {}
        data = {"recipient": recipient["_id"], "by": by}
        branch = recipient["branch"]
        unit.tell("alarm.raised.v1", subject=alarm, revision=1, branch=branch, actor=desk.actor, data=data, closed=closed)
        stop_routine(unit, recipient)
        queue(desk, unit, calls(desk, unit, alarm, recipient, set(persons)))
    if contacts:
        queue(desk, unit, [heard(alarms[0] if alarms else new_id(), contacts[0])])


def heard(alarm: str, contact: Doc) -> Draft:
    """The message to who raised the alarm."""
    return Draft("alarm_heard", contact, (), f"alarm_heard:{alarm}", contact["branch"])


def _is_open(unit: Unit, household: str, hash_: str) -> bool:
    return unit.collection(LOOK_INS).find_one({"household": household, "hash": hash_, "state": "open"}) is not None


def _open(desk: Desk, unit: Unit, contact: Doc, recipient: Doc, text: str) -> None:
    promised = promised_until(desk.clock.now())
    row = look_in(new_id(), contact, recipient, promised)
    unit.collection(LOOK_INS).insert(row)
    data = {"recipient": recipient["_id"], "relative": contact["person"], "promised": to_wire(promised)}
    closed = {contact["person"]: {"words": text}} if text else {}
    told = {"subject": row["_id"], "revision": 1, "branch": row["branch"], "actor": desk.actor}
    unit.tell("look_in.asked.v1", **told, data=data, closed=closed)
    queue(desk, unit, [promise(row, contact)])


def look_in(ask: str, contact: Doc, recipient: Doc, promised: datetime) -> Doc:
    """The row of a look-in that was asked for. `recipient` with their `household`."""
    return {
        "_id": ask,
        "revision": 1,
        "branch": recipient["branch"],
        "recipient": recipient["_id"],
        "household": recipient["household"],
        "relative": contact["person"],
        "contact": contact["_id"],
        "hash": contact["hash"],
        "promised": promised,
        "state": "open",
    }


def promise(ask: Doc, contact: Doc) -> Draft:
    """The message that says until when somebody goes and looks."""
    fields = {"until": to_wire(ask["promised"])}
    return Draft("look_in_asked", contact, [ask["recipient"]], f"look_in:{ask['_id']}", ask["branch"], fields)


def stop_routine(unit: Unit, recipient: Doc) -> None:
    """Nothing routine goes out about this home, until somebody was there."""
    home = unit.collection(HOUSEHOLDS).find_one({"_id": recipient["household"]})
    members = home["members"] if home else [recipient["_id"]]
    unit.collection(PEOPLE).update_any({"_id": {"$in": members}}, {"$set": {"alarm": True}})


def calls(desk: Desk, unit: Unit, alarm: str, recipient: Doc, but: set[str]) -> list[Draft]:
    """A message to each relative who may know, but those who raised the alarm."""
    kin = [row["relative"] for row in kin_of(desk, unit, {"recipient": recipient["_id"]}) if row["relative"] not in but]
    best = best_contacts(unit, kin)
    return [
        Draft("alarm_raised", best[one], [recipient["_id"]], f"alarm:{alarm}:{best[one]['hash']}", recipient["branch"])
        for one in dict.fromkeys(kin)
        if one in best
    ]

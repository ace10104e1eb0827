"""What a visit means for a family: a witness is asked, relatives away hear of a miss, and who asked to look is told back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from services.notifier.commands.asks import open_ask, open_asks
from services.notifier.commands.compose import Draft, queue
from services.notifier.commands.know import put
from services.notifier.commands.reach import best_contacts, kin_of, people, sharing
from services.notifier.model.audience import VISITS_ASKED_ABOUT, VISITS_TOLD_WHEN_MISSED
from services.notifier.model.contact import is_fresh
from services.notifier.store import CONTACTS, HOUSEHOLDS, LOOK_INS, PEOPLE, VISITS, Desk, Doc
from shared.clock import county_day, from_wire
from shared.events import Event
from shared.units import Unit

ANSWER_WITHIN = timedelta(hours=48)


def know_visit(unit: Unit, event: Event) -> None:
    """A visit stands in the plan, or has a new day."""
    known = unit.collection(VISITS).find_one({"_id": event.subject}) or {}
    names = ("household", "recipients", "kind", "day", "asked", "look_in")
    opened = {name: event.data[name] for name in names if name in event.data}
    put(unit.collection(VISITS), known | {"_id": event.subject, "branch": event.branch, "state": "planned"} | opened)


def note_visit(unit: Unit, event: Event, state: str, **more: Any) -> Doc | None:
    """The visit reached this state; None for one whose plan was never heard of."""
    visit = unit.collection(VISITS).find_one({"_id": event.subject})
    if visit is None:
        return None
    changed = visit | {"state": state} | more
    unit.collection(VISITS).replace_rows([changed])
    return changed


def visit_cancelled(unit: Unit, event: Event) -> None:
    """The visit is not needed any more."""
    note_visit(unit, event, "cancelled")


def visit_completed(desk: Desk, unit: Unit, event: Event) -> None:
    """Somebody was there: the red path ends, the week's count grows, a witness or the one who asked hears of it."""
    at = from_wire(event.data["at"])
    visit = note_visit(unit, event, "completed", completed_at=at)
    if visit is None:
        return
    unit.collection(PEOPLE).update_any({"_id": {"$in": visit["recipients"]}, "alarm": True}, {"$unset": {"alarm": ""}})
    if event.data.get("look_in"):
        _tell_back(desk, unit, event)
    if event.data["asked"] and event.data["kind"] in VISITS_ASKED_ABOUT:
        _ask_witness(desk, unit, visit, county_day(at).isoformat())


def visit_missed(desk: Desk, unit: Unit, event: Event) -> None:
    """Relatives away are told at once, with cause and new date; of a late look-in, who asked for it."""
    note_visit(unit, event, "missed")
    if event.data["kind"] == "look_in":
        _tell_late(desk, unit, event)
    elif event.data["kind"] in VISITS_TOLD_WHEN_MISSED:
        fields = {name: event.data[name] for name in ("day", "why", "next_day") if name in event.data}
        recipients = list(event.data["recipients"])
        queue(desk, unit, away(desk, unit, "visit_missed", recipients, f"missed:{event.subject}", event.branch, fields))


def away(
    desk: Desk, unit: Unit, occasion: str, recipients: Sequence[str], key: str, branch: str, fields: dict[str, Any]
) -> list[Draft]:
    """One message for each number of relatives not at home, about those of `recipients` they may know of."""
    kin = [row for row in kin_of(desk, unit, {"recipient": {"$in": list(recipients)}}) if row["presence"] != "home"]
    about: dict[str, list[str]] = defaultdict(list)
    for row in kin:
        about[row["relative"]].append(row["recipient"])
    contacts = best_contacts(unit, about)
    return [
        Draft(occasion, contacts[one], sorted(about[one]), f"{key}:{contacts[one]['hash']}", branch, fields)
        for one in about
        if one in contacts
    ]


def _ask_witness(desk: Desk, unit: Unit, visit: Doc, day: str) -> None:
    """The first witness who can be asked; none, and the visit stays unknown, which costs nobody anything (rule 1)."""
    now = desk.clock.now()
    witnesses = _witnesses(desk, unit, visit["household"], visit["recipients"])
    contacts = best_contacts(unit, witnesses)
    shared, _ = sharing(unit, {contact["hash"] for contact in contacts.values()})
    for person in witnesses:
        contact = contacts.get(person)
        if contact is None or contact["hash"] in shared or open_asks(unit, contact["hash"], now):
            continue
        if is_fresh(contact["state"], contact.get("fresh_until"), now):
            draft = Draft(
                "visit_completed", contact, visit["recipients"], f"question:{visit['_id']}", visit["branch"], {"day": day}
            )
            for message in queue(desk, unit, [draft]):
                open_ask(
                    unit, "visit", message, message["not_before"] + ANSWER_WITHIN, visit=visit["_id"], by=_kind(visit, person)
                )
            return


def _witnesses(desk: Desk, unit: Unit, household: str, recipients: list[str]) -> list[str]:
    """Relatives present in the home, then the recipients themselves if grown; nobody who is away."""
    home = unit.collection(HOUSEHOLDS).find_one({"_id": household})
    members = home["members"] if home else recipients
    present = [row for row in kin_of(desk, unit, {"recipient": {"$in": members}}) if row["presence"] == "home"]
    known = people(unit, [*(row["relative"] for row in present), *members])
    present = [row for row in present if row["relative"] in known]
    present.sort(key=lambda row: (row["call_order"], known[row["relative"]]["number"]))  # never by ids made by chance
    kin = [row["relative"] for row in present]
    grown = [one for one in members if one in known and known[one].get("home") and not known[one].get("minor")]
    return [one for one in dict.fromkeys([*kin, *grown]) if one in known and not known[one].get("minor")]


def _kind(visit: Doc, person: str) -> str:
    return "home" if person in visit["recipients"] else "carer"


def _tell_back(desk: Desk, unit: Unit, event: Event) -> None:
    told_back = ["open", "told_back"]  # the second when both came back from a restore: then only the text is missing
    ask = unit.collection(LOOK_INS).find_one({"_id": event.data["look_in"], "state": {"$in": told_back}})
    if ask is not None:
        said = [desk.sealer.open(under, "event", event.id, value) for under, value in event.sealed().items()]
        well = next((one["well"] for one in said if isinstance(one, dict) and "well" in one), "")
        unit.collection(LOOK_INS).update_any({"_id": ask["_id"], "state": "open"}, {"$set": {"state": "done"}})
        _to_asker(desk, unit, ask, "look_in_done", f"look_in_done:{ask['_id']}", {"well": well} if well else {})


def _tell_late(desk: Desk, unit: Unit, event: Event) -> None:
    visit = unit.collection(VISITS).find_one({"_id": event.subject})
    ask = visit and unit.collection(LOOK_INS).find_one({"_id": visit.get("look_in"), "state": "open"})
    if ask:
        _to_asker(desk, unit, ask, "look_in_missed", f"look_in_late:{ask['_id']}", {})


def _to_asker(desk: Desk, unit: Unit, ask: Doc, occasion: str, key: str, private: dict[str, Any]) -> None:
    contact = unit.collection(CONTACTS).find_one({"_id": ask["contact"]})
    contact = contact or best_contacts(unit, [ask["relative"]]).get(ask["relative"])
    if contact is not None:
        about = ask["recipient"]
        queue(desk, unit, [Draft(occasion, contact, [about], key, ask["branch"], {}, {about: private}, look_in=ask["_id"])])

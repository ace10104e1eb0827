"""Takes messages out of the queue for the line: judged once more, marked `submitting`, committed, and only then handed over.

A crash after that commit leaves them `unknown, maybe sent`; nothing is ever sent twice blindly (docs/faults.md).
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from services.notifier.commands.asks import close_asks
from services.notifier.commands.compose import wake_at
from services.notifier.commands.reach import sharing
from services.notifier.commands.settle import move, take_as_sent
from services.notifier.model import contact as numbers
from services.notifier.model.gate import Facts, May, Verdict, judge
from services.notifier.model.message import State
from services.notifier.model.sms import TooLong, split
from services.notifier.model.text import render
from services.notifier.store import CONTACTS, KINSHIPS, MESSAGES, PEOPLE, Desk, Doc
from shared.inbox import held
from shared.sealing import Sealed
from shared.units import Unit

MOST = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """What is handed to the line."""

    ref: str
    to: str
    text: str

    def __repr__(self) -> str:
        return f"Letter({self.ref})"  # number and text must not reach a log


def take(desk: Desk, unit: Unit, most: int = MOST) -> list[Letter]:
    """Up to `most` messages whose time has come, urgent ones first, now marked `submitting`."""
    now = desk.clock.now()
    wanted = {"state": State.QUEUED.value, "not_before": {"$lte": now}}
    rows = unit.collection(MESSAGES).find(wanted, sort=[("urgent", -1), ("not_before", 1), ("_id", 1)], limit=most)
    if not rows:
        return []
    facts, contacts = _facts(desk, unit, rows)
    letters: list[Letter] = []
    for row in rows:
        verdict = judge(row["occasion"], row["person"], tuple(row["about"]), row["made_at"], facts[row["_id"]], now)
        if verdict.may is May.GO:
            row |= {"named": facts[row["_id"]].fresh, "about": list(verdict.about), "sent_at": now}
            verdict = _write(desk, row, contacts[row["contact"]], letters)
        _apply(row, verdict)
    unit.collection(MESSAGES).replace_rows(rows)
    wake_at(unit, {row["not_before"] for row in rows if row["not_before"] > now})
    withdrawn = [row["_id"] for row in rows if row["state"] == State.WITHDRAWN]
    if withdrawn:
        close_asks(unit, {"message": {"$in": withdrawn}})
    return letters


def give_back(unit: Unit, refs: list[str]) -> None:
    """The line took none of these: they wait again. Only for what certainly was not handed over."""
    unit.collection(MESSAGES).update_any(
        {"_id": {"$in": refs}, "state": State.SUBMITTING.value}, {"$set": {"state": State.QUEUED.value}}
    )


def recover(desk: Desk, unit: Unit) -> int:
    """What an ended process left `submitting` may have been sent: unknown from now on. Returns how many.

    In a restored database so is what was due at the restore: the backup has it as it was before.
    """
    maybe: list[Doc] = [{"state": State.SUBMITTING.value}]
    if desk.restored_at is not None:
        maybe.append({"state": State.QUEUED.value, "not_before": {"$lte": desk.restored_at}})
    rows = unit.collection(MESSAGES).find({"$or": maybe}, limit=MOST)
    for row in rows:
        if desk.may_be_done(row["not_before"]):
            take_as_sent(desk, unit, row)
        else:
            move(desk, unit, row, State.UNKNOWN)
    unit.collection(MESSAGES).replace_rows(rows)
    return len(rows)


def parameters(desk: Desk, row: Doc) -> dict[str, Any]:
    """All parameters of a message; of an erased person nothing is left."""
    kept = [one for one in row["sealed"] if one["under"] in row["about"]]
    opened = desk.sealer.open_many(Sealed(one["under"], MESSAGES, row["_id"], one["value"]) for one in kept)
    said = [one for one in opened if isinstance(one, dict)]
    whole: dict[str, Any] = {**row["fields"], "office": desk.office, "names": [one["name"] for one in said]}
    for one in said:
        whole |= {name: value for name, value in one.items() if name != "name"}
    return whole


def text_of(desk: Desk, row: Doc) -> str:
    """The text as it was, or would be, sent."""
    return render(row["template"], row["version"], row["language"], parameters(desk, row), named=row.get("named", False))


def _write(desk: Desk, row: Doc, contact: Doc, letters: list[Letter]) -> Verdict:
    opened = desk.sealer.open(row["person"], CONTACTS, contact["_id"], contact["sealed"])
    if not isinstance(opened, dict):
        return Verdict(May.NEVER, "erased")
    try:
        text = text_of(desk, row)
        row["parts"] = len(split(text).pieces)
    except TooLong:
        return Verdict(May.NEVER, "too_long")
    letters.append(Letter(row["_id"], opened["number"], text))
    return Verdict(May.GO)


def _apply(row: Doc, verdict: Verdict) -> None:
    if verdict.may is May.GO:
        row["state"] = State.SUBMITTING.value
    elif verdict.may is May.NEVER:
        row |= {"state": State.WITHDRAWN.value, "why": verdict.why}
    else:
        row["not_before"] = verdict.at


def _facts(desk: Desk, unit: Unit, rows: list[Doc]) -> tuple[dict[str, Facts], dict[str, Doc]]:
    """What is known now about each message's number and people: seven reads for all of them."""
    now = desk.clock.now()
    wanted = {row["contact"] for row in rows}
    contacts = {one["_id"]: one for one in unit.collection(CONTACTS).find({"_id": {"$in": sorted(wanted)}})}
    shared, behind = sharing(unit, {row["hash"] for row in rows})
    everybody = {one for row in rows for one in (row["person"], *row["about"], *behind.get(row["hash"], ()))}
    marks = _marks(unit, everybody)
    desk.sealer.have_ready(everybody)
    known, barred = _rights(unit, everybody)
    facts = {}
    for row in rows:
        contact = contacts.get(row["contact"])
        fresh = contact is not None and numbers.is_fresh(contact["state"], contact.get("fresh_until"), now)
        facts[row["_id"]] = Facts(
            contact=contact["state"] if contact else "",
            unreachable=contact["unreachable"] if contact else "",
            fresh=fresh and row["hash"] not in shared,
            shared=row["hash"] in shared,
            gone=marks["gone"] | (frozenset() if contact else frozenset({row["person"]})),
            known=frozenset(known[row["person"]]),
            barred=frozenset(one for person in behind.get(row["hash"], ()) for one in barred[person]),
            without_consent=marks["no_consent"],
            parked=marks["parked"],
            in_alarm=marks["alarm"],
        )
    return facts, contacts


def _marks(unit: Unit, everybody: set[str]) -> dict[str, frozenset[str]]:
    listed = sorted(everybody)
    rows = unit.collection(PEOPLE).find({"_id": {"$in": listed}}, projection=["gone", "no_consent", "alarm"])
    marks = {name: frozenset(row["_id"] for row in rows if row.get(name)) for name in ("gone", "no_consent", "alarm")}
    parked = unit.collection(held.NAME).find({"people": {"$in": listed}, "state": held.PARKED}, projection=["people"])
    return marks | {"parked": frozenset(one for row in parked for one in row["people"])}


def _rights(unit: Unit, everybody: set[str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    known: dict[str, set[str]] = defaultdict(set)
    barred: dict[str, set[str]] = defaultdict(set)
    for row in unit.collection(KINSHIPS).find({"relative": {"$in": sorted(everybody)}}):
        if row["may_know"] == "may":
            known[row["relative"]].add(row["recipient"])
        elif row["may_know"] == "must_never":
            barred[row["relative"]].add(row["recipient"])
    return known, barred

"""Hears what families answer, and does what each answer asks. The same answer coming twice has one effect.

What a family says about a visit is kept and told hidden: subject, branch and actor say nothing, the rest is sealed under
the record's own key (DOMAIN.md, rule 2). A number of two families never proves anything and is shown nothing.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.notifier.commands import pleas
from services.notifier.commands.asks import close_asks, open_asks
from services.notifier.commands.compose import Draft, queue
from services.notifier.commands.contacts import close, prove
from services.notifier.commands.dispatch import text_of
from services.notifier.commands.reach import sharing
from services.notifier.model.contact import State, plain_number
from services.notifier.model.reply import Understood, ask_again, understand
from services.notifier.smpp import Answer
from services.notifier.store import ANSWERS, ASKS, CONTACTS, HOUSEHOLDS, KINSHIPS, MESSAGES, Desk, Doc
from shared.ids import new_id
from shared.messaging.unit import Unit, Units
from shared.sealing import ERASED, LOST, Erased

SAME_WITHIN = timedelta(minutes=10)
"""The same text from the same number within this county time is a copy: the carrier repeats what was not acknowledged."""
LAST_TEXTS = 3
MEANING = {Understood.CAME: "came", Understood.NOT_CAME: "did_not_come", Understood.UNCLEAR: "unclear"}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@dataclass
class Heard:
    """One answer under way: who is behind the number, what is asked of it, what it says."""

    record: str
    number: str
    hash: str
    text: str
    contacts: Sequence[Doc]
    asks: Sequence[Doc]
    shared: bool
    said: Understood
    hidden: bool
    """Whether the record's own key was made: it answers a question about a visit."""


def records_for(desk: Desk, units: Units, answers: Sequence[Answer]) -> dict[int, str]:
    """Ids of the records these answers become, by their place; keys are made for those that answer about a visit.

    Before the unit of work, since no transaction spans two databases. A key nobody used is swept after a day.
    """

    def asked(unit: Unit) -> list[str]:
        hashes = [desk.numbers.hash(answer.sender) for answer in answers]
        table = {h: open_asks(unit, h, desk.clock.now()) for h in set(hashes)}
        return [next((ask["person"] for ask in table[h] if ask["kind"] == "visit"), "") for h in hashes]

    records = {place: new_id() for place in range(len(answers))}
    for place, person in enumerate(units.run(asked)):
        if person:
            try:
                desk.keys.make(records[place], of=person)
            except Erased:
                continue
    return records


def hear(desk: Desk, unit: Unit, answers: Sequence[Answer], records: Mapping[int, str]) -> None:
    """Take these answers in, in their order."""
    for place, answer in enumerate(answers):
        heard = _listen(desk, unit, answer, records[place])
        if heard is not None:
            _act(desk, unit, heard)


def _listen(desk: Desk, unit: Unit, answer: Answer, record: str) -> Heard | None:
    """None for a copy."""
    number, now = plain_number(answer.sender), desk.clock.now()
    hash_, digest = desk.numbers.hash(number), desk.numbers.digest(number, answer.text)
    copy = {"hash": hash_, "digest": digest, "at": {"$gt": now - SAME_WITHIN}}
    if unit.collection(ANSWERS).find_one(copy, projection=["_id"]) is not None:
        return None
    contacts = unit.collection(CONTACTS).find({"hash": hash_, "current": True}, sort=[("_id", 1)])
    asks = open_asks(unit, hash_, now)
    said = understand(answer.text, _we_said(desk, unit, hash_))
    about_visit = len(asks) == 1 and asks[0]["kind"] == "visit" and said in MEANING
    hidden = about_visit and desk.keys.state(record) not in (ERASED, LOST)
    shared = bool(contacts) and hash_ in sharing(unit, [hash_])[0]
    heard = Heard(record, number, hash_, _clean(answer.text), contacts, asks, shared, said, hidden)
    _file(desk, unit, heard, digest)
    return heard


def _act(desk: Desk, unit: Unit, heard: Heard) -> None:
    if heard.said is Understood.RED:
        pleas.raise_alarm(desk, unit, heard.contacts, heard.text)
    elif heard.said is Understood.WRONG_NUMBER:
        close(desk, unit, heard.contacts, State.WRONG)
    elif heard.said is Understood.STOP:
        close(desk, unit, heard.contacts, State.STOPPED)
    elif heard.said is Understood.LOOK_IN:
        if not heard.shared:
            prove(desk, unit, heard.contacts)
        pleas.ask_look_in(desk, unit, heard.contacts, heard.text)
    elif heard.said in MEANING and len(heard.asks) == 1 and not heard.shared:
        _answer_ask(desk, unit, heard, heard.asks[0])


def _answer_ask(desk: Desk, unit: Unit, heard: Heard, ask: Doc) -> None:
    if ask_again(heard.said, question_open=True, asked_again=ask["again"]):
        unit.collection(ASKS).update({"_id": ask["_id"]}, {"$set": {"again": True}})
        _ask_again(desk, unit, heard, ask)
        return
    close_asks(unit, {"_id": ask["_id"]}, "answered" if heard.said is not Understood.UNCLEAR else "closed")
    if heard.said is not Understood.UNCLEAR:
        prove(desk, unit, heard.contacts)
    if heard.hidden:
        _tell_answer(desk, unit, heard, ask)


def _ask_again(desk: Desk, unit: Unit, heard: Heard, ask: Doc) -> None:
    contact = next((one for one in heard.contacts if one["person"] == ask["person"]), None)
    if contact is not None:
        occasion = "greeting_not_understood" if ask["kind"] == "greeting" else "question_not_understood"
        queue(desk, unit, [Draft(occasion, contact, (), f"again:{ask['_id']}", ask["branch"])])


def _tell_answer(desk: Desk, unit: Unit, heard: Heard, ask: Doc) -> None:
    content = _hidden_content(heard, ask)
    unit.tell(
        "answer.received.v1",
        subject=heard.record,
        revision=1,
        branch=desk.home,
        actor=new_id(),
        closed={heard.record: content},
    )


def _hidden_content(heard: Heard, ask: Doc) -> dict[str, Any]:
    content = {"person": ask["person"], "meaning": MEANING[heard.said], "visit": ask["visit"], "message": ask["message"]}
    return content | ({"text": heard.text} if heard.text else {})


def _file(desk: Desk, unit: Unit, heard: Heard, digest: str) -> None:
    """Keep what came. Of a number nobody is known to have, only that something came."""
    person = heard.asks[0]["person"] if heard.hidden else next((one["person"] for one in heard.contacts), "")
    row: Doc = {"_id": heard.record, "hash": heard.hash, "digest": digest, "at": desk.clock.now()}
    row |= {"kind": "about_visit" if heard.hidden else heard.said.value, "shared": heard.shared}
    if person:
        branch = next((one["branch"] for one in heard.contacts if one["person"] == person), desk.home)
        row |= {"person": person, "branch": branch, "about": _about(unit, person)}
    if heard.hidden:
        row["sealed"] = desk.sealer.seal(heard.record, ANSWERS, heard.record, _hidden_content(heard, heard.asks[0]))
    elif person and heard.text:
        row["sealed"] = desk.sealer.seal(person, ANSWERS, heard.record, {"text": heard.text})
    unit.collection(ANSWERS).insert(row)


def _about(unit: Unit, person: str) -> list[str]:
    """Whose page shows this answer."""
    kin = unit.collection(KINSHIPS).find({"relative": person, "may_know": "may"})
    own = unit.collection(HOUSEHOLDS).find({"members": person})
    return sorted({*(row["recipient"] for row in kin), *(one for row in own for one in row["members"])} - {person})[:30]


def _we_said(desk: Desk, unit: Unit, hash_: str) -> list[str]:
    """The last texts to this number, so that a quotation of them is known as one."""
    rows = unit.collection(MESSAGES).find({"hash": hash_, "sent_at": {"$exists": True}}, sort=[("_id", -1)], limit=LAST_TEXTS)
    return [text_of(desk, row) for row in rows]


def _clean(text: str) -> str:
    """As an event may hold it: NFC, no control or direction characters, at most 500 letters."""
    return unicodedata.normalize("NFC", CONTROL.sub("", text.replace("\r", "\n")))[:500].strip()

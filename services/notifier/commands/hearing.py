"""Listens: who is behind a number, what it is being asked, what its text says; and files what came, each text once.

Works on many answers at a time, in a few reads for all of them. What a family says about a visit is filed under the key of
its own record, so that nobody finds it by looking for the person (docs/domain.md, rule 2).
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.notifier.commands.asks import OPEN
from services.notifier.commands.dispatch import text_of
from services.notifier.commands.reach import sharing
from services.notifier.model.contact import plain_number
from services.notifier.model.reply import QUOTED_RUN, Understood, plain, understand
from services.notifier.smpp import Answer
from services.notifier.store import ANSWERS, ASKS, CONTACTS, HOUSEHOLDS, KINSHIPS, MESSAGES, Desk, Doc
from shared.ids import new_id
from shared.sealing import ERASED, LOST, Erased
from shared.units import Unit, Units

SAME_WITHIN = timedelta(minutes=10)
"""The same text from the same number within this county time is a copy: the carrier repeats what was not acknowledged."""
LAST_TEXTS = 3
MEANING = {Understood.CAME: "came", Understood.NOT_CAME: "did_not_come", Understood.UNCLEAR: "unclear"}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@dataclass
class Heard:
    """One answer: who is behind the number, what is asked of it, what it says. `hidden`: it answers about a visit."""

    record: str
    hash: str
    digest: str
    text: str
    contacts: Sequence[Doc]
    asks: Sequence[Doc]
    shared: bool
    said: Understood
    hidden: bool

    @property
    def person(self) -> str:
        """Whose answer it is taken for; empty for a number nobody is known to have."""
        return self.asks[0]["person"] if self.hidden else next((one["person"] for one in self.contacts), "")

    def content(self) -> dict[str, Any]:
        """What is sealed under the record of a hidden answer."""
        ask = self.asks[0]
        said = {"person": ask["person"], "meaning": MEANING[self.said], "visit": ask["visit"], "message": ask["message"]}
        return said | ({"text": self.text} if self.text else {})


def records_for(desk: Desk, units: Units, answers: Sequence[Answer]) -> list[str]:
    """Ids of the records these answers become; keys are made for those whose number is asked about a visit.

    Before the unit of work, since no transaction spans two databases. A key nobody used is swept after a day.
    """

    def asked(unit: Unit) -> list[str]:
        hashes = [desk.numbers.hash(answer.sender) for answer in answers]
        asks = unit.collection(ASKS).find({"hash": {"$in": hashes}, "state": OPEN, "kind": "visit"})
        table = {ask["hash"]: ask["person"] for ask in asks}
        return [table.get(hash_, "") for hash_ in hashes]

    records = [new_id() for _ in answers]
    for record, person in zip(records, units.run(asked), strict=True):
        if person:
            try:
                desk.keys.make(record, of=person)
            except Erased:
                continue
    return records


def listen(desk: Desk, unit: Unit, answers: Sequence[tuple[Answer, str]]) -> list[Heard]:
    """Understand and file these answers, no two of one number. Copies are left out."""
    known = _Known(desk, unit, [desk.numbers.hash(answer.sender) for answer, _ in answers])
    heard = [_understand(desk, unit, known, answer, record) for answer, record in answers]
    fresh = [one for one in heard if one.digest not in known.digests[one.hash]]
    _file(desk, unit, fresh)
    return fresh


class _Known:
    """What is known of these numbers."""

    def __init__(self, desk: Desk, unit: Unit, hashes: Sequence[str]) -> None:
        now, theirs = desk.clock.now(), {"hash": {"$in": list(hashes)}}
        self.digests: dict[str, set[str]] = defaultdict(set)
        for row in unit.collection(ANSWERS).find({**theirs, "at": {"$gt": now - SAME_WITHIN}}, projection=["hash", "digest"]):
            self.digests[row["hash"]].add(row["digest"])
        self.contacts = _by_hash(unit.collection(CONTACTS).find({**theirs, "current": True}, sort=[("_id", 1)]))
        self.asks = _by_hash(
            unit.collection(ASKS).find({**theirs, "state": OPEN, "closes_at": {"$gt": now}}, sort=[("_id", 1)])
        )
        several = [hash_ for hash_, rows in self.contacts.items() if len({row["person"] for row in rows}) > 1]
        self.shared = sharing(unit, several)[0] if several else set()


def _by_hash(rows: Iterable[Doc]) -> Mapping[str, list[Doc]]:
    table: dict[str, list[Doc]] = defaultdict(list)
    for row in rows:
        table[row["hash"]].append(row)
    return table


def _understand(desk: Desk, unit: Unit, known: _Known, answer: Answer, record: str) -> Heard:
    number = plain_number(answer.sender)
    hash_ = desk.numbers.hash(number)
    asks = known.asks[hash_]
    long = len(plain(answer.text)) >= QUOTED_RUN  # shorter, nothing can be a quotation
    said = understand(answer.text, _we_said(desk, unit, hash_) if long else ())
    about_visit = len(asks) == 1 and asks[0]["kind"] == "visit" and said in MEANING
    return Heard(
        record=record,
        hash=hash_,
        digest=desk.numbers.digest(number, answer.text),
        text=_clean(answer.text),
        contacts=known.contacts[hash_],
        asks=asks,
        shared=hash_ in known.shared,
        said=said,
        hidden=about_visit and desk.keys.state(record) not in (ERASED, LOST),
    )


def _file(desk: Desk, unit: Unit, heard: Sequence[Heard]) -> None:
    """Keep what came. Of a number nobody is known to have, only that something came."""
    about = shown_with(unit, {one.person for one in heard if one.person})
    rows = []
    for one in heard:
        row: Doc = {"_id": one.record, "hash": one.hash, "digest": one.digest, "at": desk.clock.now(), "shared": one.shared}
        row["kind"] = "about_visit" if one.hidden else one.said.value
        if one.person:
            branch = next((contact["branch"] for contact in one.contacts if contact["person"] == one.person), desk.home)
            row |= {"person": one.person, "branch": branch, "about": about[one.person]}
        if one.hidden:
            row["sealed"] = desk.sealer.seal(one.record, ANSWERS, one.record, one.content())
        elif one.person and one.text:
            row["sealed"] = desk.sealer.seal(one.person, ANSWERS, one.record, {"text": one.text})
        rows.append(row)
    unit.collection(ANSWERS).insert_many(rows)


def shown_with(unit: Unit, persons: set[str]) -> Mapping[str, list[str]]:
    """On whose pages, beside their own, each person's answers show."""
    table: dict[str, set[str]] = defaultdict(set)
    for row in unit.collection(KINSHIPS).find({"relative": {"$in": sorted(persons)}, "may_know": "may"}):
        table[row["relative"]].add(row["recipient"])
    for row in unit.collection(HOUSEHOLDS).find({"members": {"$in": sorted(persons)}}):
        for person in persons & set(row["members"]):
            table[person] |= set(row["members"])
    return {person: sorted(table[person] - {person})[:30] for person in persons}


def _we_said(desk: Desk, unit: Unit, hash_: str) -> list[str]:
    """The last texts to this number, so that a quotation of them is known as one."""
    sent = {"hash": hash_, "sent_at": {"$exists": True}, "bare": {"$exists": False}}
    rows = unit.collection(MESSAGES).find(sent, sort=[("made_at", -1), ("_id", -1)], limit=LAST_TEXTS)
    return [text_of(desk, row) for row in rows]


def _clean(text: str) -> str:
    """As an event may hold it: NFC, no control or direction characters, at most 500 letters."""
    return unicodedata.normalize("NFC", CONTROL.sub("", text.replace("\r", "\n")))[:500].strip()

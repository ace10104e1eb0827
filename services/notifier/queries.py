"""What the notifier can be asked, within the caller's branch. Opens texts only where a person is being looked at.

What a family said about a visit is shown to the township and above alone: a clerk or volunteer sees that line neither
with a yes nor with a no, so that nothing can be guessed from a gap (docs/domain.md, rule 2).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from services.notifier.commands.dispatch import text_of
from services.notifier.model.message import State
from services.notifier.store import ANSWERS, ASKS, CONTACTS, HOUSEHOLDS, MESSAGES, PEOPLE, Desk, Doc
from shared.access import Principal, Role
from shared.errors import NotFound
from shared.http import PAGE
from shared.sealing import Sealed

LISTED_FOR = timedelta(days=14)
MAY_SEE_DISPUTES = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a person's timeline. `text` is None where it cannot be read any more."""

    id: str
    at: datetime
    kind: str
    template: str
    state: str
    why: str
    text: str | None
    shows: tuple[str, ...]
    """Whose personal fields the text holds."""
    revision: int
    """Of the last event that tells of it, for its proof; 0 when none does."""


class Queries:
    """Reads one database. Safe to share between threads."""

    def __init__(self, desk: Desk, database: Database[Doc]) -> None:
        self._desk, self._database = desk, database

    def messages(self, who: Principal, person: str, before: str = "") -> list[Doc]:
        """Messages to or about this person, newest first, one more than a page. Raises NotFound outside the scope."""
        self.person(who, person)
        rows = self._database[MESSAGES]
        wanted: dict[str, Any] = {"$or": [{"person": person}, {"about": person}]}
        if last := rows.find_one({"_id": before}, ["made_at"]) if before else None:
            same = {"made_at": last["made_at"], "_id": {"$lt": before}}
            wanted = {"$and": [wanted, {"$or": [{"made_at": {"$lt": last["made_at"]}}, same]}]}
        return list(rows.find(wanted, sort=[("made_at", -1), ("_id", -1)], limit=PAGE + 1))

    def answers(self, who: Principal, person: str, before: str = "") -> list[Doc]:
        """Answers of this person or of relatives about them, newest first, one more than a page."""
        self.person(who, person)
        wanted: dict[str, Any] = {"$or": [{"person": person}, {"about": person}]}
        if who.role not in MAY_SEE_DISPUTES:
            wanted["kind"] = {"$ne": "about_visit"}
        if before:
            wanted["_id"] = {"$lt": before}
        return list(self._database[ANSWERS].find(wanted, sort=[("_id", -1)], limit=PAGE + 1))

    def meaning(self, row: Doc) -> str:
        """What an answer says: a word of `Understood`, or of the hidden answer, whose record is opened for it."""
        if row["kind"] != "about_visit":
            return str(row["kind"])
        return str(self._said(row).get("meaning", ""))

    def timeline(self, who: Principal, person: str) -> list[Line]:
        """The last messages and answers of a person as lines with their texts, newest first."""
        lines = [self._message_line(row) for row in self.messages(who, person)[:PAGE]]
        lines += [self._answer_line(row) for row in self.answers(who, person)[:PAGE]]
        return sorted(lines, key=lambda line: (line.at, line.id), reverse=True)

    def person(self, who: Principal, person: str) -> Doc:
        """The person's row. Raises NotFound for one that is not there, erased, or not in scope: the three look the same."""
        row = self._database[PEOPLE].find_one({"_id": person})
        if row is None or row.get("gone") or not who.sees(row["branch"]):
            raise NotFound("nobody here has this id")
        return row

    def figures(self, who: Principal) -> Mapping[str, int]:
        """Outcomes first: families reached, numbers that answered, those that cannot be reached."""
        scope = who.scope()
        contacts, messages = self._database[CONTACTS], self._database[MESSAGES]
        current = {**scope, "current": True}
        count = messages.count_documents
        return {
            "families": self._database[HOUSEHOLDS].count_documents(scope),
            "numbers": contacts.count_documents(current),
            "proven": contacts.count_documents({**current, "state": "proven"}),
            "unreachable": contacts.count_documents({**current, "unreachable": {"$ne": ""}}),
            "wrong": contacts.count_documents({**current, "state": "wrong"}),
            "stopped": contacts.count_documents({**current, "state": "stopped"}),
            "submitted": count({**scope, "sent_at": {"$exists": True}}),
            "delivered": count({**scope, "state": State.DELIVERED.value}),
            "failed": count({**scope, "state": State.FAILED.value}),
            "unknown": count({**scope, "state": State.UNKNOWN.value}),
            "questions": count({**scope, "template": "question"}),
            "answers": self._database[ASKS].count_documents({**scope, "kind": "visit", "state": "answered"}),
        }

    def unreachable(self, who: Principal) -> Sequence[Doc]:
        """Numbers that cannot be reached, are wrong or stopped: somebody has to ask for another (up to a page)."""
        bad = [{"unreachable": {"$ne": ""}}, {"state": {"$in": ["wrong", "stopped"]}}]
        return list(self._database[CONTACTS].find({**who.scope(), "current": True, "$or": bad}, sort=[("_id", 1)], limit=PAGE))

    def maybe_sent(self, who: Principal) -> Sequence[Doc]:
        """Messages of the last days of which nobody knows whether they were sent, the red path first (up to a page)."""
        since = self._desk.clock.now() - LISTED_FOR
        wanted = {**who.scope(), "state": State.UNKNOWN.value, "made_at": {"$gt": since}}
        return list(self._database[MESSAGES].find(wanted, sort=[("urgent", -1), ("made_at", -1), ("_id", -1)], limit=PAGE))

    def in_hand(self) -> int:
        """Messages due or on their way to the carrier: county time stands still meanwhile."""
        due = {"state": State.QUEUED.value, "not_before": {"$lte": self._desk.clock.now()}}
        rows = self._database[MESSAGES]
        return rows.count_documents(due) + rows.count_documents({"state": State.SUBMITTING.value})

    def _message_line(self, row: Doc) -> Line:
        at = row.get("sent_at") or row["made_at"]
        shows = (*row["about"], row["person"]) if row["about"] else ()
        text = None if row.get("bare") else text_of(self._desk, row)
        return Line(row["_id"], at, "message", row["template"], row["state"], row.get("why", ""), text, shows, row["revision"])

    def _answer_line(self, row: Doc) -> Line:
        said = self._said(row)
        shows = (row["person"],) if "text" in said or row["kind"] == "about_visit" else ()
        kind = str(said.get("meaning") or row["kind"])
        if kind == "came" and row["kind"] != "about_visit":
            kind = "family"  # a 1 to our greeting speaks of the number, not of a visit
        return Line(row["_id"], row["at"], "answer", kind, "", "", said.get("text"), shows, int(row["kind"] == "about_visit"))

    def _said(self, row: Doc) -> Mapping[str, Any]:
        if not row.get("sealed"):
            return {}
        under = row["_id"] if row["kind"] == "about_visit" else row["person"]
        opened = self._desk.sealer.open_many([Sealed(under, ANSWERS, row["_id"], row["sealed"])])[0]
        return opened if isinstance(opened, dict) else {}

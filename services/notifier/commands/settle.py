"""What the carrier says of messages: taken, refused, not known, delivered, failed. Settled once, whatever order it comes in.

A receipt may come before the submit's answer, twice, under an id written otherwise, or for a message whose answer never
came (docs/faults.md). What fits nothing yet is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.notifier.commands.contacts import now_reached, now_unreachable
from services.notifier.model.message import RESTORED, TOLD, State, may_move, of_parts, why_failed, why_refused
from services.notifier.smpp import Accepted, NotSent, Receipt, ReceiptState, Refused, Throttled, Unknown, ids_of
from services.notifier.store import LOOK_INS, MESSAGES, RECEIPTS, Desk, Doc
from shared.ids import new_id
from shared.units import Unit

Word = Accepted | Refused | Throttled | NotSent | Unknown
RECALLED = {"state": State.SUBMITTED.value, "carrier_ids.0": {"$exists": False}}
"""Read back from the log, which does not hold the carrier's ids."""


def move(desk: Desk, unit: Unit, row: Doc, to: State, **more: Any) -> bool:
    """Move a message on and tell it. False, and nothing done, when the move would go backwards."""
    if not may_move(State(row["state"]), to):
        return False
    row.pop("why", None)
    row |= {"state": to.value, **more}
    if to in TOLD:
        row["revision"] += 1
        _tell(desk, unit, row, TOLD[to])
    if to is State.SUBMITTED and row["occasion"] == "look_in_done":
        _told_back(desk, unit, row)
    return True


def take_as_sent(desk: Desk, unit: Unit, row: Doc) -> None:
    """What may have been sent in the time a restored database does not know of: unknown, and listed for a person.

    Red-path messages too. Twice, an alarm sends a family on its way when all is over; and nobody waits for the message:
    who is on duty sees it first in the list, and telephones (docs/operating.md).
    """
    row.setdefault("sent_at", row["not_before"])
    move(desk, unit, row, State.UNKNOWN, why=RESTORED)


def settle(desk: Desk, unit: Unit, words: Sequence[Word], receipts: Sequence[Receipt]) -> None:
    """Take in a batch of the carrier's words and receipts. Words first: a receipt may speak of one of them."""
    table = _Table(desk, unit, words, receipts)
    for word in words:
        if (row := table.by_ref.get(word.ref)) is not None:
            _take_word(desk, unit, table, row, word)
    for receipt in receipts:
        if receipt.state.final:
            table.take_receipt(_kept(desk, receipt))
    table.save()


def _take_word(desk: Desk, unit: Unit, table: "_Table", row: Doc, word: Word) -> None:
    if isinstance(word, Throttled | NotSent):
        move(desk, unit, row, State.QUEUED)
    elif isinstance(word, Refused):
        table.fail(row, why_refused(word.status))
    else:
        table.name(row, word.carrier_ids)
        move(desk, unit, row, State.SUBMITTED if isinstance(word, Accepted) else State.UNKNOWN)
        table.claim_kept(row)
    table.changed[row["_id"]] = row


class _Table:
    """The messages a batch speaks of, found in a few reads and written back in one."""

    def __init__(self, desk: Desk, unit: Unit, words: Sequence[Word], receipts: Sequence[Receipt]) -> None:
        self._desk, self._unit = desk, unit
        self._rows, self._receipts = unit.collection(MESSAGES), unit.collection(RECEIPTS)
        self.changed: dict[str, Doc] = {}
        self._reached: set[str] = set()
        self.by_ref: dict[str, Doc] = {}
        self._by_id: dict[str, Doc] = {}
        self._by_form: dict[str, Doc] = {}
        self._load([{"_id": {"$in": [word.ref for word in words]}}] if words else [])
        hashes = {self.by_ref[w.ref]["hash"] for w in words if isinstance(w, Unknown) and w.ref in self.by_ref}
        hashes |= {desk.numbers.hash(receipt.number) for receipt in receipts}
        forms = sorted({form for receipt in receipts if receipt.carrier_id for form in ids_of(receipt.carrier_id)})
        lost: Doc = {"hash": {"$in": sorted(hashes)}}
        lost["$or"] = [{"state": {"$in": [State.UNKNOWN.value, State.SUBMITTING.value]}}, RECALLED]
        self._load(([{"carrier_forms": {"$in": forms}}] if forms else []) + ([lost] if hashes else []))
        self._waiting = self._load_kept(words)

    def _load(self, filters: Sequence[Mapping[str, Any]]) -> None:
        for row in (row for filter in filters for row in self._rows.find(filter)):
            if self.by_ref.setdefault(row["_id"], row) is row:
                self.name(row, ())

    def name(self, row: Doc, carrier_ids: Iterable[str]) -> None:
        """The carrier's ids of a message's parts."""
        ids = row["carrier_ids"] = list(dict.fromkeys([*row.get("carrier_ids", ()), *carrier_ids]))
        row["carrier_forms"] = sorted({form for one in ids for form in ids_of(one)[:2]})
        self._by_id |= dict.fromkeys(ids, row)
        self._by_form |= dict.fromkeys(row["carrier_forms"], row)

    def take_receipt(self, kept: Doc) -> None:
        """Settle the message it speaks of, or keep it."""
        row = self._of(kept)
        if row is None:
            self._receipts.insert(kept)
        else:
            self._apply(row, kept)

    def claim_kept(self, row: Doc) -> None:
        """Receipts that came before this word."""
        for kept in [one for one in self._waiting if self._of(one) is row]:
            self._waiting.remove(kept)
            self._receipts.delete_any({"_id": kept["_id"]})
            self._apply(row, kept)

    def fail(self, row: Doc, why: str) -> None:
        """It did not arrive; a number that is none is told, too."""
        if move(self._desk, self._unit, row, State.FAILED, why=why) and why in ("no_such_number", "expired"):
            now_unreachable(self._desk, self._unit, row["contact"], row["about"], why)

    def save(self) -> None:
        """Write what changed."""
        self._rows.replace_rows(list(self.changed.values()))
        now_reached(self._unit, self._reached)

    def _of(self, kept: Doc) -> Doc | None:
        """The very id first; another spelling of it only when the number agrees; last, the one lost message to it."""
        if (row := self._by_id.get(kept["forms"][0])) is not None:
            return row
        for form in kept["forms"]:
            if (row := self._by_form.get(form)) is not None and row["hash"] == kept["hash"]:
                return row
        theirs = [row for row in self.by_ref.values() if row["hash"] == kept["hash"]]
        if any(row["state"] == State.SUBMITTING for row in theirs):
            return None
        lost = [row for row in theirs if _is_lost(row) and row["sent_at"] <= kept["at"]]
        return lost[0] if len(lost) == 1 else None

    def _apply(self, row: Doc, kept: Doc) -> None:
        parts = dict(row.get("settled", ())) | {kept["forms"][0]: kept["state"]}
        row["settled"] = sorted(parts.items())
        state = of_parts(row.get("parts", 1), [State(one) for one in parts.values()])
        if state is State.FAILED:
            self.fail(row, kept["why"])
        elif state is State.DELIVERED and move(self._desk, self._unit, row, State.DELIVERED):
            self._reached.add(row["contact"])
        self.changed[row["_id"]] = row

    def _load_kept(self, words: Sequence[Word]) -> list[Doc]:
        ids = [one for word in words if isinstance(word, Accepted | Unknown) for one in word.carrier_ids]
        forms = sorted({form for one in ids for form in ids_of(one)})
        lost = [self.by_ref[word.ref]["hash"] for word in words if isinstance(word, Unknown) and word.ref in self.by_ref]
        if not (forms or lost):
            return []
        return self._receipts.find({"$or": [{"forms": {"$in": forms}}, {"hash": {"$in": lost}}]})


def _is_lost(row: Doc) -> bool:
    """Whether the carrier's ids of it are not known."""
    return row["state"] == State.UNKNOWN or (row["state"] == State.SUBMITTED and not row["carrier_ids"])


def _kept(desk: Desk, receipt: Receipt) -> Doc:
    delivered = receipt.state is ReceiptState.DELIVERED
    return {
        "_id": new_id(),
        "forms": list(ids_of(receipt.carrier_id)),
        "hash": desk.numbers.hash(receipt.number),
        "state": (State.DELIVERED if delivered else State.FAILED).value,
        "why": "" if delivered else why_failed(expired=receipt.state is ReceiptState.EXPIRED, error=receipt.error),
        "at": desk.clock.now(),
    }


def _tell(desk: Desk, unit: Unit, row: Doc, type_: str) -> None:
    data: dict[str, Any] = {name: row[name] for name in ("person", "template", "version")}
    if len(row["about"]) == 1:
        data["about"] = row["about"][0]
    if type_ == "message.failed.v1":
        data["why"] = row["why"]
    unit.tell(type_, subject=row["_id"], revision=row["revision"], branch=row["branch"], actor=desk.actor, data=data)


def _told_back(desk: Desk, unit: Unit, row: Doc) -> None:
    ask = unit.collection(LOOK_INS).find_one({"_id": row["look_in"]})
    if ask is None or ask["state"] == "told_back":
        return
    revision = ask["revision"] + 1
    unit.collection(LOOK_INS).update({"_id": ask["_id"]}, {"$set": {"state": "told_back", "revision": revision}})
    data = {"recipient": ask["recipient"], "message": row["_id"]}
    unit.tell("look_in.told_back.v1", subject=ask["_id"], revision=revision, branch=ask["branch"], actor=desk.actor, data=data)

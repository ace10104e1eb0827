"""What witnesses said of the log: the newest checkpoint enough of them cosigned, how each stands, what contradicts us.

cosigned   {_id: "standing", origin, size, root, note, key, names, at}: the newest under which the policy's quorum is met
           {_id: "witness|<url>", names, state, why, size, asked_at, signed_at?}
           {_id: "evidence|<url>|<size>|<root>", origin, url, kind, size, note, seen_at}: never taken away

Said by others about us: nothing here stops intake or signing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import DESCENDING
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.audit.model.checkpoint import Checkpoint

Doc = dict[str, Any]
COSIGNED = "cosigned"
STANDING = {"_id": "standing"}
SIGNS, AWAY, REFUSES, LIES, CONTRADICTS = "signs", "away", "refuses", "lies", "contradicts"
"""How a witness stands: it cosigns; gives no answer; does not accept this log; answers what cannot be; saw another log."""
ROLLED_BACK, FORKED = "rolled_back", "forked"
SERVED_WITHIN = timedelta(seconds=30)
"""How far the newest cosigned checkpoint may lie behind the newest signed one and still be the one that is served."""
FRESH_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """For the page, in one line. `known`: witnesses asked; `signing`: of these, with a cosignature of the last ten minutes."""

    known: int
    signing: int
    standing: Doc | None
    evidence: tuple[Doc, ...]


class Cosigned:
    """Reads and writes one county's rows."""

    def __init__(self, database: Database[Doc]) -> None:
        self._rows: Collection[Doc] = database[COSIGNED]

    def standing(self, origin: str) -> Doc | None:
        """The newest checkpoint of this log that enough witnesses cosigned."""
        return self._rows.find_one({**STANDING, "origin": origin})

    def keep(self, checkpoint: Checkpoint, note: bytes, key: str, names: tuple[str, ...], at: datetime) -> None:
        """Note a checkpoint, signed with this key, under which the quorum is met. Never a smaller one over a larger."""
        row: Doc = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root, "note": note}
        row |= {"key": key, "names": list(names), "at": at}
        older = {**STANDING, "$or": [{"origin": {"$ne": checkpoint.origin}}, {"size": {"$lte": checkpoint.size}}]}
        try:
            self._rows.replace_one(older, row, upsert=True)
        except DuplicateKeyError:
            return  # a larger one stands: another process was first

    def note_witness(self, url: str, said: Mapping[str, Any]) -> None:
        """How a witness stands now."""
        self._rows.update_one({"_id": f"witness|{url}"}, {"$set": dict(said)}, upsert=True)

    def forget_all_but(self, urls: set[str]) -> None:
        """Witnesses that are configured no more are shown no more."""
        self._rows.delete_many({"_id": {"$regex": r"^witness\|", "$nin": [f"witness|{url}" for url in urls]}})

    def keep_evidence(self, url: str, kind: str, found: Checkpoint, note: bytes, at: datetime) -> None:
        """Keep, for ever, a checkpoint that this log signed and that cannot be true beside what it holds now."""
        row = {"origin": found.origin, "url": url, "kind": kind, "size": found.size, "note": note, "seen_at": at}
        mark = {"_id": f"evidence|{url}|{found.size}|{found.root.hex()[:16]}"}
        self._rows.update_one(mark, {"$setOnInsert": row}, upsert=True)

    def evidence(self, origin: str) -> list[Doc]:
        """What contradicts this log, newest first."""
        return list(self._rows.find({"_id": {"$regex": r"^evidence\|"}, "origin": origin}, sort=[("seen_at", DESCENDING)]))

    def witnesses(self) -> list[Doc]:
        """Each configured witness, by its address."""
        return list(self._rows.find({"_id": {"$regex": r"^witness\|"}}, sort=[("_id", 1)]))

    def witnessed(self, origin: str, now: datetime) -> Witnessed:
        """All of it in one line, for a page and for health."""
        rows = self.witnesses()
        signing = [row for row in rows if row["state"] == SIGNS and now - row["signed_at"] <= FRESH_WITHIN]
        return Witnessed(len(rows), len(signing), self.standing(origin), tuple(self.evidence(origin)))


def given(state: Mapping[str, Any], standing: Mapping[str, Any] | None) -> Doc:
    """Note, size and key of what an export holds: the newest cosigned checkpoint if at most 30 s older than the newest."""
    newest = {"note": bytes(state["note"]), "size": state["signed"], "key": state["key"]}
    if standing is None or standing["origin"] != state["origin"] or not standing["size"] <= state["signed"]:
        return newest
    behind = standing["size"] < state["signed"] and state["signed_at"] - standing["at"] > SERVED_WITHIN
    return newest if behind else {name: standing[name] for name in ("note", "size", "key")}


def published(state: Mapping[str, Any], standing: Doc | None, now: datetime) -> bytes:
    """The checkpoint to serve: the newest cosigned one while it is at most 30 s old or nothing came since, else the newest."""
    if standing is None or standing["size"] > state["signed"]:
        return bytes(state["note"])
    current = standing["size"] == state["signed"] or now - standing["at"] <= SERVED_WITHIN
    return bytes(standing["note"] if current else state["note"])

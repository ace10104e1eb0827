"""Account -> rights revision, as this service knows it from registry's events (docs/design.md, section 6).

A token carries the revision it was made with. An older one than known is refused, so that a withdrawn right is gone
within 2 s in every service, though its token lives 5 minutes. Document: {_id: account, rights: int}.
"""

import threading
from typing import Any, Protocol

from pymongo.collection import Collection

from shared.clock import MachineClock
from shared.errors import Unauthenticated

NAME = "rights"


class Rights(Protocol):
    """What a token reader asks."""

    def refuse_older(self, account: str, revision: int) -> None:
        """Raise Unauthenticated when a later revision of this account's rights is known."""
        ...


class _Bound(Protocol):
    def find_one(self, filter: dict[str, Any], /) -> dict[str, Any] | None: ...
    def insert(self, document: dict[str, Any], /) -> None: ...
    def update(self, filter: dict[str, Any], change: dict[str, Any], /) -> None: ...


class _Unit(Protocol):
    def collection(self, name: str, /) -> _Bound: ...


class RightsBook:
    """Reads this service's `rights` collection, remembering each answer for a second at most. Thread-safe.

    An account nobody told of yet passes: its token was made by registry, and its event is on the way.
    """

    def __init__(self, collection: Collection[dict[str, Any]], clock: MachineClock, kept_for: float = 1.0) -> None:
        self._collection, self._clock, self._kept_for = collection, clock, kept_for
        self._known: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def refuse_older(self, account: str, revision: int) -> None:
        """Raise Unauthenticated when a later revision of this account's rights is known."""
        if revision < self._revision(account):
            raise Unauthenticated("the rights of this account have changed: sign in again")

    def _revision(self, account: str) -> int:
        now = self._clock.monotonic()
        with self._lock:
            since, known = self._known.get(account, (now - self._kept_for - 1.0, 0))
        if now - since <= self._kept_for:
            return known
        row = self._collection.find_one({"_id": {"$eq": account}})
        found = int(row["rights"]) if row else 0
        with self._lock:
            if len(self._known) >= 10_000:
                self._known.clear()
            self._known[account] = (now, found)
        return found


def note(unit: _Unit, account: str, revision: int) -> None:
    """Write down an account's rights revision inside a unit of work; an older one than known changes nothing."""
    rights = unit.collection(NAME)
    known = rights.find_one({"_id": account})
    if known is None:
        rights.insert({"_id": account, "rights": revision})
    elif known["rights"] < revision:
        rights.update({"_id": account, "rights": known["rights"]}, {"$set": {"rights": revision}})

"""A POST that is sent twice has one effect and one answer (docs/design.md, section 4).

The first answer's status, id and revision are kept 30 days, in the same transaction as the effect; the body is made anew
under the caller's present rights. Row of `idempotency`:

    {_id: SHA-256 of account, method, path, key; body: SHA-256 of the body; status, id, revision; at: date (machine time)}
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from flask import Flask, current_app, request
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from shared.access import Principal
from shared.canonical import canonical
from shared.clock import MachineClock
from shared.errors import BadRequest, Conflict, SpringrainError
from shared.http.access import principal
from shared.http.roles import OPEN, allowed

T = TypeVar("T")
NAME = "idempotency"
KEPT_SECONDS = 30 * 24 * 3600
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class Answered:
    """What a command did: the status of its answer, and the id and revision of the thing it made or changed."""

    status: int
    id: str
    revision: int


class Bound(Protocol):
    """A collection bound to a unit of work (`shared/units/unit.py`)."""

    def insert(self, document: dict[str, Any], /) -> None:
        """Add a row; a duplicate ends the unit."""
        ...


class Unit(Protocol):
    """As much of a unit of work as is needed here."""

    def collection(self, name: str, /) -> Any:
        """A collection bound to this unit."""
        ...


class Units(Protocol):
    """Runs units of work."""

    def run_together(self, work: Callable[[Any], T], /) -> T:
        """Run `work` in a transaction, perhaps with others and more than once; return its result after the commit."""
        ...


class Idempotent:
    """Runs a command at most once per (account, method, path, key). Thread-safe; any number of processes may race."""

    def __init__(self, units: Units, rows: Collection[dict[str, Any]], clock: MachineClock) -> None:
        self._units, self._rows, self._clock = units, rows, clock

    def prepare(self) -> None:
        """Make the index by which rows go after 30 days of machine time."""
        self._rows.create_index("at", expireAfterSeconds=KEPT_SECONDS)

    def post(self, work: Callable[[Any], Answered], body_hash: str | None = None) -> Answered:
        """`once` for the present request. Give `body_hash` for an upload: its multipart border differs each time."""
        found = hashlib.sha256(request.get_data(cache=True)).hexdigest() if body_hash is None else body_hash
        return self.once(principal(), request.method, request.path, idempotency_key(), found, work)

    def once(
        self, who: Principal, method: str, path: str, key: str, body_hash: str, work: Callable[[Any], Answered]
    ) -> Answered:
        """The answer of the first time; `work` runs (in one unit of work) only if there was none.

        Raises Conflict when the key came before with another body. Of two at once one commits, and the other leaves its
        transaction and gives that one's answer, whatever it failed of meanwhile. A refusal is kept nowhere: nothing happened.
        """
        row = hashlib.sha256(canonical([who.account, method, path, key])).hexdigest()
        earlier = self._earlier(row, body_hash)
        if earlier is not None:
            return earlier
        try:
            return self._units.run_together(lambda unit: self._first(unit, row, body_hash, work))
        except (DuplicateKeyError, SpringrainError):
            other = self._earlier(row, body_hash)
            if other is None:
                raise
            return other

    def _first(self, unit: Unit, row: str, body_hash: str, work: Callable[[Any], Answered]) -> Answered:
        answered = work(unit)
        document = {
            "_id": row,
            "body": body_hash,
            "status": answered.status,
            "id": answered.id,
            "revision": answered.revision,
            "at": self._clock.now(),
        }
        bound: Bound = unit.collection(self._rows.name)
        bound.insert(document)
        return answered

    def _earlier(self, row: str, body_hash: str) -> Answered | None:
        found = self._rows.find_one({"_id": row})
        if found is None:
            return None
        if found["body"] != body_hash:
            raise Conflict("this Idempotency-Key was used before, with another body")
        return Answered(found["status"], found["id"], found["revision"])


def idempotency_key() -> str:
    """The key of the present request: header `Idempotency-Key`, or the form field `idempotency_key` of a page's form.

    Raises BadRequest when there is none, or one longer than 200 characters or with blanks or controls in it.
    """
    key = request.headers.get("Idempotency-Key") or request.form.get("idempotency_key", "")
    if not key:
        raise BadRequest("send an Idempotency-Key: a random text, new for each thing you mean to do once")
    if _KEY.fullmatch(key) is None:
        raise BadRequest("an Idempotency-Key is 1 to 200 visible ASCII characters")
    return key


def install_key_check(app: Flask) -> None:
    """Refuse every POST to the API without a usable key before anything else looks at it; sign-in and the like may."""
    app.before_request(_check)


def _check() -> None:
    if request.method != "POST" or request.routing_exception is not None or not request.path.startswith("/api/"):
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if allowed(app, request.endpoint or "", "POST") != OPEN:
        idempotency_key()

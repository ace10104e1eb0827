"""Pages of 50 and the cursor to the next one: opaque, signed, and good only for the list it came from.

A position holds sort keys that stand open anyway (ids, times, counts): whoever has the cursor can read it.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from shared.access import Principal
from shared.canonical import canonical, parse
from shared.errors import BadRequest, Malformed

T = TypeVar("T")
PAGE = 50
_MAC = 16
_MOST = 1024


class Cursors:
    """Makes and reads cursors of one service. `secret` may be the one all services share."""

    def __init__(self, secret: bytes, service: str) -> None:
        self._secret = hmac.digest(secret, f"springrain/cursor/{service}".encode(), hashlib.sha256)

    def make(self, endpoint: str, who: Principal, filter: Mapping[str, Any], position: Sequence[str | int]) -> str:
        """A cursor that goes on after `position`, for this endpoint, branch and filter alone."""
        body = canonical(list(position))
        return base64.urlsafe_b64encode(self._mac(endpoint, who, filter, body) + body).rstrip(b"=").decode("ascii")

    def read(self, cursor: str, endpoint: str, who: Principal, filter: Mapping[str, Any]) -> list[Any]:
        """The position. Raises BadRequest for a cursor of another list, scope or filter, or of nobody's making."""
        raw = _raw(cursor)
        if not hmac.compare_digest(raw[:_MAC], self._mac(endpoint, who, filter, raw[_MAC:])):
            raise BadRequest("this cursor is of another list: begin again without one")
        position = parse(raw[_MAC:])
        assert isinstance(position, list)
        return position

    def turn(
        self,
        endpoint: str,
        who: Principal,
        filter: Mapping[str, Any],
        cursor: str,
        find: Callable[[list[Any]], Sequence[T]],
        position: Callable[[T], Sequence[str | int]],
    ) -> tuple[list[T], str]:
        """The page this cursor leads to (without one the first), and the cursor to the next, empty on the last.

        `find` reads up to 51 rows after a position, which is empty at first. Raises BadRequest as `read` does.
        """
        rows, last = _split(find(self.read(cursor, endpoint, who, filter) if cursor else []), position)
        return rows, self.make(endpoint, who, filter, last) if last else ""

    def _mac(self, endpoint: str, who: Principal, filter: Mapping[str, Any], body: bytes) -> bytes:
        message = canonical([endpoint, who.branch, dict(filter)]) + b"\n" + body
        return hmac.digest(self._secret, message, hashlib.sha256)[:_MAC]


def ordered_by(*fields: str) -> Callable[[Mapping[str, Any]], list[str | int]]:
    """The position of a document in a list that is ordered by these fields."""
    return lambda row: [row[field] for field in fields]


by_id = ordered_by("_id")
"""The position in a list in the order of ids, which is that of time."""


def page_of(items: Iterable[Any], following: str) -> dict[str, Any]:
    """A page as it is answered: {items, next?}; `next` is there while there is more."""
    page: dict[str, Any] = {"items": list(items)}
    return page | ({"next": following} if following else {})


def _split(rows: Sequence[T], position: Callable[[T], Sequence[str | int]]) -> tuple[list[T], Sequence[str | int] | None]:
    """At most 50 of rows read with a limit of 51, and the position to go on from if there are more."""
    page = list(rows[:PAGE])
    return page, position(page[-1]) if len(rows) > PAGE else None


def _raw(cursor: str) -> bytes:
    try:
        if len(cursor) > _MOST:
            raise ValueError
        return base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error, Malformed) as error:
        raise BadRequest("this is no cursor of ours: begin again without one") from error

"""Opens what an entry keeps sealed, for an inspector with a reason: the look is told before anything is shown.

Erased and lost are two answers: the first is as it should be, the second an alarm.
"""

from dataclasses import dataclass
from typing import Any

import structlog

from services.audit.queries import data_of
from shared.access import Principal, Role
from shared.errors import Forbidden
from shared.ids import is_id
from shared.looks import Looks
from shared.sealing import ERASED, KeyLost, SealBroken, Sealer, UnreadableSuite

log = structlog.get_logger()
Doc = dict[str, Any]
REASONS = ("inspection", "complaint", "correction")
SEALED, OPENED, GONE, LOST, BROKEN = "sealed", "opened", "erased", "lost", "unreadable"


@dataclass(frozen=True, slots=True)
class Part:
    """One sealed part of an entry: under whose key, in which state, and its fields when it was opened."""

    under: str
    state: str
    fields: Doc


class Unsealing:
    """Opens sealed parts and tells the look."""

    def __init__(self, sealer: Sealer, looks: Looks, home: str) -> None:
        self._sealer, self._looks, self._home = sealer, looks, home

    def closed(self, entry: Doc) -> list[Part]:
        """The sealed parts of an entry, unopened."""
        return [Part(under, SEALED, {}) for under, _ in _blocks(entry)]

    def opened(self, entry: Doc, who: Principal, reason: str) -> list[Part]:
        """The sealed parts, opened. Raises Forbidden for anybody but an inspector. Told as a look, committed first."""
        if who.role is not Role.INSPECTOR:
            raise Forbidden("only an inspector opens what is sealed in the log, and with a reason")
        parts = [self._open(entry["event"], under, value) for under, value in _blocks(entry)]
        shown = [part.under for part in parts if part.state == OPENED]
        self._looks.note(who, shown, "audit/entries", entry.get("branch") or self._home, reason)
        return parts

    def _open(self, event: str, under: str, value: str) -> Part:
        try:
            inner = self._sealer.open(under, "event", event, value)
        except KeyLost:
            log.error("key_lost", under=under, event_id=event)
            return Part(under, LOST, {})
        except (SealBroken, UnreadableSuite) as error:
            log.error("seal_not_opened", under=under, event_id=event, error=type(error).__name__)
            return Part(under, BROKEN, {})
        return Part(under, GONE, {}) if inner is ERASED else Part(under, OPENED, dict(inner))


def _blocks(entry: Doc) -> list[tuple[str, str]]:
    """The sealed values of an entry that is an event; whatever else stands there is passed over."""
    found = data_of(entry).get("sealed", [])
    blocks = [block for block in found if isinstance(block, dict)] if isinstance(found, list) else []
    pairs = [(str(block.get("under")), str(block.get("value"))) for block in blocks]
    return [(under, value) for under, value in pairs if is_id(under)]

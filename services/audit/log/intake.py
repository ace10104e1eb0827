"""Gives bodies their index in the log: one transaction a batch, after which they may be acked (docs/design.md, section 5).

Appended whatever they say; one entry an event id; a body that came before changes nothing. Never rewrites a body, and
never decides what an event means: another body under a known id or revision is appended too, and an alarm goes with it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import structlog

from services.audit.log.leaf import Leaf, document, logged_key, read_leaf, service_of
from services.audit.model.tiles import GREATEST_ENTRY
from services.audit.store import LOGGED, EntriesInUnit, LogStore
from shared.errors import Conflict
from shared.events import Event
from shared.units import Unit, Units, sums

log = structlog.get_logger()
KEPT_OF_OVERSIZE = 8 * 1024 * 1024
Doc = dict[str, Any]
Alarm = Callable[[Unit, Doc], None]


@dataclass(frozen=True)
class Intake:
    """Appends to one county's log. `alarm` is called with the document of an entry that says another thing than before."""

    units: Units
    store: LogStore
    county: str
    alarm: Alarm

    def take(self, bodies: Sequence[bytes], fence: int) -> int:
        """Append what is new, in the order it came. Returns the log's size after the commit.

        Raises Conflict when another process has become the log's writer: nothing was appended.
        """
        leaves = [read_leaf(body) for body in self._fitting(bodies)]
        return self.units.run(lambda unit: self._append(unit, leaves, fence))

    def take_first(self, tell: Callable[[Unit], Event], fence: int) -> None:
        """Tell an event and append it in the same unit of work: how a log that follows another begins."""
        self.units.run(lambda unit: self._append(unit, [read_leaf(tell(unit).body)], fence))

    def _fitting(self, bodies: Sequence[bytes]) -> list[bytes]:
        """Without those no log can hold: a service refuses to tell more than half of that, so it is nobody's event."""
        large = [body for body in bodies if len(body) > GREATEST_ENTRY]
        for body in large:
            digest = sha256(body).hexdigest()
            log.error("body_too_large_for_the_log", size=len(body), sha256=digest)
            self.store.put_aside(digest, body, KEPT_OF_OVERSIZE)
        return [body for body in bodies if len(body) <= GREATEST_ENTRY] if large else list(bodies)

    def _append(self, unit: Unit, leaves: Sequence[Leaf], fence: int) -> int:
        entries = EntriesInUnit(unit)
        state = entries.state()
        if state is None or state["fence"] != fence:
            raise Conflict("another process writes this log now")
        size: int = state["size"]
        fresh = _fresh(entries, leaves)
        if not fresh:
            return size
        rows = [document(leaf, size + at, self.county) for at, leaf in enumerate(fresh)]
        strange = _note_chains(entries, rows, fresh)
        entries.add(rows, fence, size, _counts(fresh, self.county))
        sums.add(unit.collection(LOGGED), _sums(fresh, self.county))
        for row in strange:
            self.alarm(unit, row)
        return size + len(rows)


def _fresh(entries: EntriesInUnit, leaves: Sequence[Leaf]) -> list[Leaf]:
    """What is not in the log yet; other bytes under a known event id get a key of their own."""
    known = entries.bodies_by_key({leaf.key for leaf in leaves})
    if len({leaf.key for leaf in leaves} - known.keys()) == len(leaves):
        return list(leaves)
    first: dict[str, bytes] = dict(known)
    beside: dict[str, Leaf] = {}
    fresh: list[Leaf] = []
    for leaf in leaves:
        if first.setdefault(leaf.key, leaf.body) != leaf.body:
            leaf = leaf.beside()
            if leaf.key not in beside:
                beside[leaf.key] = leaf
                fresh.append(leaf)
        elif leaf.key not in known:
            known[leaf.key] = leaf.body
            fresh.append(leaf)
    told = entries.bodies_by_key(beside) if beside else {}
    return [leaf for leaf in fresh if leaf.key not in told]


def _note_chains(entries: EntriesInUnit, rows: Sequence[Doc], leaves: Sequence[Leaf]) -> list[Doc]:
    """Note holes that open and close with these entries; returns the rows that say another thing than one before."""
    ours = {leaf.link for leaf in leaves if leaf.link}
    wanted = ours | {leaf.before for leaf in leaves if leaf.before}
    told = entries.links(wanted)
    whole = told | ours
    opened = [_hole(leaf, row) for leaf, row in zip(leaves, rows, strict=True) if leaf.before and leaf.before not in whole]
    entries.settle_holes(ours, opened)
    strange = []
    for leaf, row in zip(leaves, rows, strict=True):
        if leaf.link and leaf.link in told:
            row.setdefault("odd", "other_body")
        told.add(leaf.link)
        if row.get("odd") == "other_body":
            strange.append(row)
    return strange


def _hole(leaf: Leaf, row: Doc) -> Doc:
    return {"_id": leaf.before, "subject": row["subject"], "revision": row["revision"] - 1, "entry": row["_id"]}


def _counts(leaves: Sequence[Leaf], county: str) -> Counter[str]:
    """How many events each service told: first bodies only, so that the figure equals what the service says it told."""
    return Counter(service_of(leaf.event, county) for leaf in leaves if leaf.event is not None and not leaf.odd)


def _sums(leaves: Sequence[Leaf], county: str) -> dict[str, sums.Sum]:
    """The same as each service keeps of what it told: by these the log knows for which days it is complete."""
    ours = [leaf.event for leaf in leaves if leaf.event is not None and not leaf.odd]
    return sums.summed((logged_key(event, county), event["id"]) for event in ours)

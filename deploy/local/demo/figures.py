"""Counts what the exported log holds: the summary's figures come from the log alone, and are then held against the services."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tarfile import TarFile
from typing import Any

from services.audit.model.tiles import unpack
from shared.errors import Malformed
from shared.events import Event
from shared.events.envelope import read

ENTRIES = "tile/entries/"
MONTH = "2026-09"
"""The month that is played. On its last evening the next one is planned already: that is not counted."""


@dataclass
class LogFigures:
    """What a bundle's entries add up to."""

    size: int = 0
    by_source: Counter[str] = field(default_factory=Counter)
    by_type: Counter[str] = field(default_factory=Counter)
    recipients: set[str] = field(default_factory=set)
    open_visits: dict[str, int] = field(default_factory=dict)
    imported: Counter[str] = field(default_factory=Counter)
    holes: int = 0
    look_ins_missed: int = 0

    @property
    def not_covered(self) -> int:
        """Visits of the month that nobody could give, by the last word on each household."""
        return sum(self.open_visits.values())

    def count(self, type_: str) -> int:
        """How many events of this type."""
        return self.by_type[type_]


def read_figures(bundle: Path) -> LogFigures:
    """Read a whole bundle once."""
    figures = LogFigures()
    chains: dict[str, set[int]] = defaultdict(set)
    for event in events_of(bundle, figures):
        figures.by_source[event.service] += 1
        if str(event.data.get("day", MONTH)).startswith(MONTH):
            figures.by_type[event.type] += 1
        chains[event.subject].add(event.revision)
        _add(figures, event)
    figures.holes = sum(max(revisions) - len(revisions) for revisions in chains.values())
    return figures


def events_of(bundle: Path, figures: LogFigures) -> Iterator[Event]:
    """Every entry that is an event, in the log's order; all are counted in `size`."""
    with TarFile.open(bundle) as tar:
        parts = {member.name: member for member in tar.getmembers() if member.name.startswith(ENTRIES)}
        for name in sorted(parts, key=_index_of):
            file = tar.extractfile(parts[name])
            for body in unpack(file.read() if file else b""):
                figures.size += 1
                try:
                    yield read(body)
                except Malformed:
                    continue


def _index_of(name: str) -> int:
    path = name.removeprefix(ENTRIES).split(".p/")[0]
    return int(path.replace("x", "").replace("/", ""))


def _add(figures: LogFigures, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    if event.type == "person.registered.v1" and {"elder", "child"} & set(data["kinds"]):
        figures.recipients.add(event.subject)
    elif event.type == "care.not_covered.v1":
        if data["month"] == MONTH:
            figures.open_visits[event.subject] = data["visits"]
    elif event.type == "visit.missed.v1" and data["kind"] == "look_in":
        figures.look_ins_missed += 1
    elif event.type == "roster.imported.v1":
        figures.imported.update({name: data[name] for name in ("rows", "refused", "to_mend")})

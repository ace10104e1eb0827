"""What of the figures somebody must act on: pure. The page says each in words, with what to do; worst first."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.duty.figures import RELAY, Figures

LATE_SECONDS = 30
"""An event that waits longer than this means that the broker or the relay is away: health says degraded."""
MUCH_READY = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `code` has its words in `words.py`; `number` and `name` say how much or whom."""

    code: str
    number: int = 0
    name: str = ""


def findings(figures: Figures) -> list[Finding]:
    """Everything somebody should see to, worst first; empty when all is well."""
    return [*_telling(figures), *_hearing(figures), *_beats(figures)]


def _telling(figures: Figures) -> Iterator[Finding]:
    if figures.waiting >= figures.bound:
        yield Finding("outbox_full", figures.waiting)
    elif figures.oldest_seconds > LATE_SECONDS or figures.waiting > figures.bound // 10:
        yield Finding("events_wait", figures.oldest_seconds)
    if not any(lease.name == RELAY and lease.holder for lease in figures.leases):
        yield Finding("no_relay")


def _hearing(figures: Figures) -> Iterator[Finding]:
    if parked := sum(each.events for each in figures.parked):
        yield Finding("parked", parked)
    if figures.holes:
        yield Finding("holes", figures.holes)
    for name, length in (figures.queues or {}).items():
        if length.ready > MUCH_READY:
            yield Finding("queue_long", length.ready, name)


def _beats(figures: Figures) -> Iterator[Finding]:
    for beat in figures.beats:
        if beat.silent:
            yield Finding("silent", beat.seconds, beat.service)

"""From what is known of a visit to the points of its evidence. Pure: rows in, points out; one function for each channel.

visit   a row of `visits` (store.py). `heard`: what families said of it, opened. `others`: other completed visits to the home.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.audit.evidence.point import Point
from services.audit.evidence.verdict import Evidence

Doc = Mapping[str, Any]
QUICK_SECONDS = 8
"""A question of one line and the key to press: the quickest of those who read it first (see rules/quick_answers.py)."""
TOGETHER = timedelta(hours=2)
"""Two visitors of one group report within this time of each other."""


def evidence(visit: Doc, heard: Sequence[Doc] = (), others: Sequence[Doc] = ()) -> Evidence:
    """The evidence of a visit; none for one that is not completed."""
    if visit["state"] != "completed":
        return Evidence(visit["_id"], visit["branch"])
    made = (_own_word(visit), _witnesses(visit, heard), _proofs(visit), _other_visitors(visit, others), _came_true(visit))
    return Evidence(visit["_id"], visit["branch"], tuple(point for points in made for point in points))


def _own_word(visit: Doc) -> Iterator[Point]:
    if "checked_in_event" in visit:
        yield Point("checked_in", visit["checked_in_event"], visit["checked_in_at"])
    yield Point("reported", visit["event"], visit["at"])


def _witnesses(visit: Doc, heard: Sequence[Doc]) -> Iterator[Point]:
    """Who was present and said so. A yes that came within seconds, with no slower one beside it, is worth less."""
    yes = [said["seconds"] for said in heard if said.get("meaning") == "came" and "seconds" in said]
    quick = bool(yes) and max(yes) <= QUICK_SECONDS
    for word in visit.get("confirmed", ()):
        yield Point("quick_yes" if quick else word["by"], word["event"], word["at"])
    for said in heard:
        if said["what"] == "dispute":
            yield Point("disputed", said["event"], said["at"], hidden=True)


def _proofs(visit: Doc) -> Iterator[Point]:
    """What was given at the door. Not given, or given wrongly, is unknown: no telephone, a card torn off."""
    for channel, event in visit.get("proofs", {}).items():
        yield Point(channel, event, visit.get("checked_in_at") or visit["at"])


def _other_visitors(visit: Doc, others: Iterable[Doc]) -> Iterator[Point]:
    """A second account in the home at the hour; not when one hand or one device keyed in both."""
    for other in others:
        if other["volunteer"] == visit["volunteer"] or abs(other["at"] - visit["at"]) > TOGETHER:
            continue
        if other["actor"] == visit["actor"] or (visit.get("device") and other.get("device") == visit["device"]):
            continue
        yield Point("other_visitor", other["event"], other["at"])


def _came_true(visit: Doc) -> Iterator[Point]:
    if "renewed" in visit:
        yield Point("number_renewed", visit["renewed"]["event"], visit["renewed"]["at"])

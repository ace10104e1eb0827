"""What the log notes of a body, so that it is found again. Whatever the body says, it becomes an entry as it is.

Judged by the verifier's own reader: what is odd to the log is odd to every inspector. Never changes a byte.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from services.audit.model.wrong import Wrong
from services.audit.verifier.entry import read_entry
from shared.clock import county_day_of_hour
from shared.ids import is_id

Doc = dict[str, Any]
NAMED = ("person", "recipient", "relative", "child", "household", "volunteer")
LISTED = ("recipients", "members", "people")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A body with the event in it. `event` is None, and `odd` says why, for one that is not exactly our envelope."""

    key: str
    """One entry each: the event's id, or the SHA-256 of a body that is no event."""
    body: bytes
    event: Mapping[str, Any] | None
    odd: str = ""

    @property
    def link(self) -> str:
        """Its place in its subject's chain; empty for what is no event."""
        return link(self.event["subject"], self.event["revision"]) if self.event else ""

    @property
    def before(self) -> str:
        """The link that must stand before it; empty for a first one."""
        if self.event is None or self.event["revision"] == 1:
            return ""
        return link(self.event["subject"], self.event["revision"] - 1)

    def beside(self) -> "Leaf":
        """The same body as an entry of its own, beside one with the same id and other bytes."""
        return Leaf(f"{self.key}/{sha256(self.body).hexdigest()}", self.body, self.event, "other_body")


def read_leaf(body: bytes) -> Leaf:
    """Look at one body. Never raises."""
    try:
        event = read_entry(body)
    except Wrong as error:
        return Leaf(sha256(body).hexdigest(), body, None, error.code)
    return Leaf(event["id"], body, event)


def document(leaf: Leaf, index: int, county: str) -> Doc:
    """The entry's document: its bytes, and what it is looked up by. `county`: whose branches and services are known."""
    row: Doc = {"_id": index, "key": leaf.key, "body": leaf.body}
    if leaf.odd:
        row["odd"] = leaf.odd
    if leaf.event is not None:
        row |= _words(leaf.event, county) | {"link": leaf.link, "about": sorted(about(leaf.event))}
    return row


def service_of(event: Mapping[str, Any], county: str) -> str:
    """The service that told it; `other` for another county's."""
    home, _, service = event["source"].rpartition("/")
    return service if home == f"/springrain/{county}" else "other"


def logged_key(event: Mapping[str, Any], county: str) -> str:
    """Under which sum of a day the log counts it."""
    try:
        day = county_day_of_hour(event["time"][:13])
    except (ValueError, OverflowError):  # whatever an entry says, it is appended
        day = "never"
    return f"{service_of(event, county)}|{event['type'].split('.', 1)[0]}|{day}"


def about(event: Mapping[str, Any]) -> set[str]:
    """Whom and what an event speaks of, as far as its open part says; random ids all of them."""
    data = event["data"]
    named = [data.get(name) for name in NAMED]
    listed = [each for name in LISTED for each in _list(data.get(name))]
    under = [block.get("under") for block in _list(data.get("sealed")) if isinstance(block, dict)]
    return {event["subject"], *(each for each in (*named, *listed, *under) if is_id(each))}


def link(subject: str, revision: int) -> str:
    """A place in a chain, as text."""
    return f"{subject}#{revision}"


def _words(event: Mapping[str, Any], county: str) -> Doc:
    names = ("id", "type", "subject", "revision", "branch", "actor", "time")
    found = {("event" if name == "id" else name): event[name] for name in names}
    return found | {"service": service_of(event, county), "within": _paths(event["branch"])}


def _paths(branch: str) -> list[str]:
    """The branch and those above it, without the county: an entry is found by equality at each level."""
    parts = branch.split("/")
    return ["/".join(parts[:depth]) for depth in range(2, len(parts) + 1)]


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()

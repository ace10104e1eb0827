"""Who listens to what: the nouns each service follows. One table, so that every relay can put the whole topology in place.

A test compares it with each service's table of handlers: a handler without its noun here would never be called.
"""

from collections.abc import Mapping, Sequence

from shared.messaging.topology import Topology

FOLLOWS: Mapping[str, Sequence[str]] = {
    "registry": ("contact", "day"),
    "scheduler": ("account", "answer", "branch", "day", "household", "look_in", "pairing", "person", "volunteer"),
    "notifier": ("account", "branch", "consent", "day", "household", "kinship", "person", "visit"),
    "audit": (
        "account",
        "alarm",
        "answer",
        "branch",
        "care",
        "contact",
        "day",
        "event",
        "gap",
        "household",
        "look_in",
        "message",
        "pairing",
        "person",
        "visit",
    ),
}
LOG_QUEUE = "audit.log"
"""Gets everything, for the log alone: no handler and no schema stand between the broker and the log."""


def county_topology() -> Topology:
    """The topology of a county: one queue a service, and the log's."""
    return Topology.of(FOLLOWS, logs=[LOG_QUEUE])

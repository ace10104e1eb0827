"""The registry's collections and their indexes. Open fields of a document are ids, kinds, states, times, bands and counts;
what speaks of a person stands in its one `sealed` string. Look-up hashes (`look`, `row_keys`) live here and nowhere else.
"""

from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

ACCOUNTS = "accounts"
BRANCHES = "branches"
CHECKS = "checks"
CONSENTS = "consents"
COUNTERS = "counters"
DECISIONS = "decisions"
ERASURES = "erasures"
HOUSEHOLDS = "households"
KINSHIPS = "kinships"
PAIRINGS = "pairings"
PEOPLE = "people"
PROPOSALS = "proposals"
ROSTERS = "rosters"
ROSTER_PARTS = "roster_parts"
ROSTER_ROWS = "roster_rows"
SESSIONS = "sessions"
UNSURE = "unsure"
VOLUNTEERS = "volunteers"
WISHES = "wishes"

Keys = list[tuple[str, int]]
INDEXES: tuple[tuple[str, Keys, dict[str, Any]], ...] = (
    (ACCOUNTS, [("name", ASCENDING)], {"unique": True}),
    (ACCOUNTS, [("branch", ASCENDING)], {}),
    (BRANCHES, [("code", ASCENDING)], {"unique": True}),
    (BRANCHES, [("branch", ASCENDING)], {"unique": True}),
    (BRANCHES, [("parent", ASCENDING), ("code", ASCENDING)], {}),
    (CHECKS, [("volunteer", ASCENDING)], {}),
    (CONSENTS, [("person", ASCENDING)], {}),
    (DECISIONS, [("township", ASCENDING)], {}),
    (ERASURES, [("state", ASCENDING)], {}),
    (ERASURES, [("branch", ASCENDING), ("_id", ASCENDING)], {}),
    (HOUSEHOLDS, [("number", ASCENDING)], {"unique": True}),
    (HOUSEHOLDS, [("branch", ASCENDING), ("number", ASCENDING)], {}),
    (HOUSEHOLDS, [("members", ASCENDING)], {}),
    (KINSHIPS, [("recipient", ASCENDING)], {}),
    (KINSHIPS, [("relative", ASCENDING)], {}),
    (PAIRINGS, [("branch", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)], {}),
    (PAIRINGS, [("household", ASCENDING), ("state", ASCENDING)], {}),
    (PAIRINGS, [("volunteer", ASCENDING), ("state", ASCENDING)], {}),
    (PAIRINGS, [("proposal", ASCENDING)], {}),
    (PEOPLE, [("number", ASCENDING)], {"unique": True}),
    (PEOPLE, [("branch", ASCENDING), ("kinds", ASCENDING), ("number", ASCENDING)], {}),
    (PEOPLE, [("row_keys", ASCENDING)], {}),
    (PEOPLE, [("row_key", ASCENDING)], {"unique": True, "partialFilterExpression": {"row_key": {"$gt": ""}}}),
    (PEOPLE, [("look", ASCENDING)], {}),
    (PROPOSALS, [("branch", ASCENDING), ("_id", ASCENDING)], {}),
    (ROSTERS, [("branch", ASCENDING), ("_id", ASCENDING)], {}),
    (ROSTERS, [("state", ASCENDING), ("_id", ASCENDING)], {}),
    (ROSTER_PARTS, [("roster", ASCENDING), ("what", ASCENDING), ("part", ASCENDING)], {"unique": True}),
    (ROSTER_ROWS, [("roster", ASCENDING), ("start", ASCENDING)], {"unique": True}),
    (ROSTER_ROWS, [("people", ASCENDING)], {}),
    (SESSIONS, [("account", ASCENDING)], {}),
    (SESSIONS, [("ends_at", ASCENDING)], {"expireAfterSeconds": 0}),
    (UNSURE, [("branch", ASCENDING), ("_id", ASCENDING)], {}),
    (VOLUNTEERS, [("person", ASCENDING)], {"unique": True}),
    (VOLUNTEERS, [("branch", ASCENDING), ("number", ASCENDING)], {}),
    (WISHES, [("child", ASCENDING)], {}),
)


def prepare(database: Database[dict[str, Any]]) -> None:
    """Make all indexes, one call a collection. Harmless when they are there."""
    for collection in sorted({name for name, _, _ in INDEXES}):
        wanted = [IndexModel(keys, **options) for name, keys, options in INDEXES if name == collection]
        database[collection].create_indexes(wanted)

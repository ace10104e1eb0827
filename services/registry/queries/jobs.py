"""How much long work is under way: the demo's conductor moves no time while something is."""

from services.registry.desk import Desk
from services.registry.store import ERASURES, ROSTERS


def jobs_under_way(desk: Desk) -> int:
    """Imports and erasures not finished, and files waiting to be destroyed."""
    rosters = {"$or": [{"state": {"$in": ["received", "importing", "forming"]}}, {"forget": True}]}
    return desk.database[ROSTERS].count_documents(rosters) + desk.database[ERASURES].count_documents({"state": "approved"})

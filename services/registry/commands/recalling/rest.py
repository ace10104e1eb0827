"""What is done once, when all own events are back: things no event tells of."""

import structlog

from services.registry.desk import Desk
from services.registry.store import PEOPLE, SESSIONS
from shared.units import Unit

log = structlog.get_logger()


def end_sessions(unit: Unit) -> None:
    """Sessions of the backup may have been ended since, which no event tells: everybody signs in anew."""
    unit.collection(SESSIONS).delete_any({})


def warn_of_unreadable(unit: Unit, desk: Desk) -> None:
    """Name people who have a tombstone and are known here: their person.erased was committed and never left the service, so
    nobody else heard of it. Two people must ask for and agree to the erasure once more."""
    buried = {person for person, _ in desk.keys.tombstones()}
    known = unit.collection(PEOPLE).find({"_id": {"$in": sorted(buried)}, "state": "known"}, projection=["_id"])
    for row in known:
        log.error("erasure_never_told", person=row["_id"])

"""A person was erased: numbers with their hashes go at once, what is queued is withdrawn, what was sealed is unreadable."""

from services.notifier.commands.asks import close_asks
from services.notifier.commands.know import put
from services.notifier.model.message import State
from services.notifier.store import ANSWERS, CONTACTS, KINSHIPS, LOOK_INS, MESSAGES, PEOPLE
from shared.units import Unit


def forget(unit: Unit, person: str, branch: str) -> None:
    """Keep nothing of this person but that they are gone, and message rows that name nobody."""
    put(unit.collection(PEOPLE), {"_id": person, "branch": branch, "kinds": [], "gone": True})
    unit.collection(CONTACTS).delete_any({"person": person})
    unit.collection(KINSHIPS).delete_any({"$or": [{"relative": person}, {"recipient": person}]})
    rows = unit.collection(MESSAGES).find({"person": person})
    for row in rows:
        row |= {"hash": "", "key": row["_id"], "sealed": [one for one in row["sealed"] if one["under"] != person]}
        if row["state"] == State.QUEUED:
            row |= {"state": State.WITHDRAWN.value, "why": "erased"}
    unit.collection(MESSAGES).replace_rows(rows)
    close_asks(unit, {"person": person})
    unit.collection(ANSWERS).update_any({"person": person}, {"$set": {"hash": "", "digest": ""}, "$unset": {"sealed": ""}})
    unit.collection(LOOK_INS).update_any({"relative": person}, {"$set": {"hash": ""}})

"""Holds and erasures that come back: what was decided stays decided, and a job that was under way is done to its end."""

from services.registry.commands.erasures import empty_documents, gone
from services.registry.commands.recalling.closed import head_of, news
from services.registry.desk import Desk, Doc
from services.registry.store import ERASURES, PEOPLE, ROSTER_ROWS, ROSTERS
from shared.clock import from_wire
from shared.events import Event
from shared.ids import derived_id
from shared.units import Unit


def recall_hold(unit: Unit, _desk: Desk, event: Event) -> None:
    """person.held and person.released."""
    known, newer = news(unit, PEOPLE, event)
    if known and newer:
        fresh = {**known, "hold": event.data.get("ground", ""), "revision": event.revision}
        unit.collection(PEOPLE).replace(fresh, was=known["revision"])


def recall_erased(unit: Unit, _desk: Desk, event: Event) -> None:
    """person.erased: nobody finds the person any more, and the worker destroys the keys, as two people agreed."""
    known, newer = news(unit, PEOPLE, event)
    if known and newer:
        unit.collection(PEOPLE).replace({**known, **gone(known), "revision": event.revision}, was=known["revision"])
        _agree(unit, event)


def recall_destroyed(unit: Unit, _desk: Desk, event: Event) -> None:
    """key.destroyed: the job is done. Uploads that held the person's row came back with the backup and go once more."""
    erasures, person = unit.collection(ERASURES), event.data["person"]
    job = erasures.find_one({"person": person, "state": "approved"})
    if job is None:
        return
    done = {**job, "_id": event.subject, "state": "done", "revision": job["revision"] + 1, "done_at": from_wire(event.time)}
    erasures.delete({"_id": job["_id"]})
    erasures.insert(done)
    empty_documents(unit, person)
    files = [row["roster"] for row in unit.collection(ROSTER_ROWS).find({"people": person}, projection=["roster"])]
    unit.collection(ROSTERS).update_any({"_id": {"$in": files}}, {"$set": {"forget": True}})


def _agree(unit: Unit, event: Event) -> None:
    """The erasure as it was asked for, or as the event alone tells it: its own id is told by key.destroyed only."""
    agreed = {"state": "approved", "second": event.data["second"], "ground": event.data["ground"]}
    asked = unit.collection(ERASURES).find_one({"person": event.subject, "state": "asked"})
    if asked is not None:
        fresh = {**asked, **agreed, "revision": asked["revision"] + 1}
        unit.collection(ERASURES).replace(fresh, was=asked["revision"])
        return
    by: Doc = {"person": event.subject, "asked_by": event.actor, "asked_at": from_wire(event.time)}
    head = {**head_of(event), "_id": derived_id(event.id, "erasure"), "revision": 2}
    unit.collection(ERASURES).insert({**head, **by, **agreed})

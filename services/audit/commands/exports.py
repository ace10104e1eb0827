"""Exports: the log, or a part of it, as it was signed at one moment, to be taken away as one file and checked anywhere.

An export is a checkpoint somebody asked for; its bundle is made anew from the tiles each time. What a bundle holds of people is
sealed and no key goes with it; that it was taken is told, and stands in the log. All the same one person's part of the log is
given out only after a second person has agreed.
"""

from typing import Any

from services.audit.model.selection import THING, Selection
from services.audit.store import EXPORTS, HEALTH, LOG, THE_LOG
from services.audit.witnessing.cosigned import COSIGNED, STANDING, given
from shared.access import Principal
from shared.errors import Busy, Conflict, Forbidden, NotFound
from shared.ids import new_id
from shared.runtime import Runtime
from shared.units import Unit

Doc = dict[str, Any]


def export_log(unit: Unit, who: Principal, runtime: Runtime, asked: Selection | None = None) -> Doc:
    """Note and tell an export at the last signed checkpoint; `asked` for a part. Raises Busy before the log's first one."""
    state = unit.collection(LOG).find_one(THE_LOG)
    if state is None:
        raise Busy("the log has not begun yet", retry_after=2)
    made: Doc = {"_id": new_id(), "revision": 1, **given(state, unit.collection(COSIGNED).find_one(STANDING))}
    made |= {"origin": state["origin"], "by": who.account, "at": runtime.county_clock.now(), "complete": _complete(unit)}
    if asked:
        made |= {"part": asked.said(), "agreed": asked.kind != THING}
    unit.collection(EXPORTS).insert(made)
    words = {"subject": made["_id"], "branch": runtime.home, "actor": who.account}
    unit.tell("log.exported.v1", revision=1, data=_told(made["size"], asked), **words)
    return made


def agree(unit: Unit, export: str, who: Principal, home: str) -> int:
    """A second person agrees to one person's export. Returns its revision. Raises NotFound, Forbidden for the one who asked."""
    found = unit.collection(EXPORTS).find_one({"_id": export})
    if found is None:
        raise NotFound("no such export")
    if found.get("agreed", True):
        raise Conflict("nothing is left to agree to")
    if found["by"] == who.account:
        raise Forbidden("another person than the one who asked has to agree")
    revision = int(found["revision"]) + 1
    changed = {**found, "revision": revision, "agreed": True, "agreed_by": who.account}
    unit.collection(EXPORTS).replace(changed, was=found["revision"])
    data = {"of": found["part"]["of"]}
    unit.tell("log.export_agreed.v1", subject=export, revision=revision, branch=home, actor=who.account, data=data)
    return revision


def _complete(unit: Unit) -> list[Doc]:
    """Source by source through which day the log was complete then, as its watch saw it last."""
    seen = unit.collection(HEALTH).find_one(THE_LOG) or {}
    return [{name: found[name] for name in ("source", "through")} for found in seen.get("sources", ())]


def _told(size: int, asked: Selection | None) -> Doc:
    """What was taken, by the words of an event; what was not asked for is left out."""
    if asked is None:
        return {"kind": "log", "size": size}
    words = {"of": asked.of, "first_day": asked.first_day, "last_day": asked.last_day}
    return {"kind": asked.kind, "size": size, **{name: word for name, word in words.items() if word}}

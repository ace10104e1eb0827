"""Exports: the whole log as it was signed at one moment, to be taken away as one file and checked anywhere.

An export is a checkpoint somebody asked for; its bundle is made anew from the tiles each time, always the same bytes.
"""

from typing import Any

from services.audit.store import EXPORTS, LOG, THE_LOG
from shared.access import Principal
from shared.clock import CountyClock
from shared.errors import Busy
from shared.ids import new_id
from shared.messaging.unit import Unit

Doc = dict[str, Any]


def export_log(unit: Unit, who: Principal, clock: CountyClock) -> Doc:
    """Note an export at the last signed checkpoint. Raises Busy before the log's first one."""
    state = unit.collection(LOG).find_one(THE_LOG)
    if state is None:
        raise Busy("the log has not begun yet", retry_after=2)
    made: Doc = {"_id": new_id(), "revision": 1, "note": state["note"], "size": state["signed"], "key": state["key"]}
    made |= {"origin": state["origin"], "by": who.account, "at": clock.now()}
    unit.collection(EXPORTS).insert(made)
    return made

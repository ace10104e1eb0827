"""`python -m tests.faults.worker_process ROLE...`: one service's loops as a process that tests may kill.

What it does comes from the environment: SPRINGRAIN_* as for any service, and
SERVICE (its name), FOLLOWS (JSON: service -> nouns), HANDLER (one of `HANDLERS`), PACE (JSON: fields of the relay's Pace).
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from itertools import count
from typing import Any

from shared.config import load_settings
from shared.events import Event, catalogue
from shared.ids import new_id
from shared.inbox import Handler
from shared.logs import configure_logs
from shared.messaging.relay import Pace
from shared.messaging.topology import Topology
from shared.running import Loop, run_until_stopped
from shared.runtime import Runtime, open_runtime
from shared.units import Unit
from shared.worker import Duties, loops_of, relay_of
from tests.county import tell_roster
from tests.faults.effects import EFFECTS

POISON = "poison"


def note(unit: Unit, event: Event) -> None:
    """An effect that can be counted: one row for each time it happened."""
    unit.collection(EFFECTS).insert({"_id": new_id(), "event": event.id, "subject": event.subject, "revision": event.revision})


def note_or_die(unit: Unit, event: Event) -> None:
    """Ends the process on an event that calls itself poison, as a segmentation fault would."""
    if event.data.get("name") == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    note(unit, event)


def tell_on(runtime: Runtime) -> Loop:
    """A caller whose every command changes a thing and tells it, for ever."""

    def loop(stop: threading.Event) -> None:
        subject = new_id()
        for revision in count(1):
            if stop.is_set():
                return
            tell = tell_roster(runtime, subject, revision)

            def work(unit: Unit, tell: Any = tell) -> None:
                unit.collection("places").insert({"_id": new_id()})
                tell(unit)

            runtime.units.run(work)

    return loop


HANDLERS: Mapping[str, Handler] = {"note": note, "note_or_die": note_or_die}


def main(roles: list[str]) -> int:
    """Run the loops of these roles until SIGTERM."""
    environ = os.environ
    settings = load_settings(environ)
    service = environ["SERVICE"]
    configure_logs(service)
    topology = Topology.of(json.loads(environ["FOLLOWS"]), logs=["audit.log"])
    runtime = open_runtime(settings, service)
    handler = HANDLERS[environ.get("HANDLER", "note")]
    loops = loops_of(runtime, Duties(dict.fromkeys(catalogue(), handler)), topology, roles)
    loops.pop("beats", None)
    if "teller" in roles:
        loops["teller"] = tell_on(runtime)
    if "relay" in roles:
        loops["relay"] = relay_of(runtime, topology, Pace(**json.loads(environ.get("PACE", "{}")))).run
    return run_until_stopped(loops)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The registry's worker: relay, consumer, timers, and its own loops (imports, erasures)."""

import os
import sys

from services.registry.commands.erasures import Erasures
from services.registry.commands.importing.run import Imports
from services.registry.commands.rosters import FORGET, forget_roster
from services.registry.desk import Desk, open_desk
from services.registry.handlers import handlers
from services.registry.recall import after_recall_of, recall_of
from shared.config import load_settings
from shared.logs import configure_logs
from shared.runtime import open_runtime
from shared.worker import Duties, loops_of, run_until_stopped


def duties(desk: Desk) -> Duties:
    """What the worker does beside the backbone."""
    loops = {"imports": Imports(desk).run, "erasures": Erasures(desk).run}
    return Duties(handlers(desk), {FORGET: forget_roster}, loops, recall_of(desk), after_recall_of(desk))


def main() -> int:
    """Run until SIGTERM. Returns the exit status."""
    configure_logs("registry")
    desk = open_desk(open_runtime(load_settings(os.environ), "registry"))
    try:
        return run_until_stopped(loops_of(desk.runtime, duties(desk)))
    finally:
        desk.runtime.close()


if __name__ == "__main__":
    sys.exit(main())

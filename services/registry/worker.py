"""The registry's worker: relay, consumer, timers, and its own loops (imports, erasures)."""

import sys

from services.registry.commands.erasures import Erasures
from services.registry.commands.importing.run import Imports
from services.registry.commands.rosters import FORGET, forget_roster
from services.registry.desk import Desk, open_desk
from services.registry.handlers import handlers
from services.registry.recall import after_recall_of, recall_of
from shared.worker import Duties, work


def duties(desk: Desk) -> Duties:
    """What the worker does beside the backbone."""
    loops = {"imports": Imports(desk).run, "erasures": Erasures(desk).run}
    return Duties(handlers(desk), {FORGET: forget_roster}, loops, recall_of(desk), after_recall_of(desk))


def main() -> int:
    """Run until SIGTERM. Returns the exit status."""
    return work("registry", lambda runtime: duties(open_desk(runtime)))


if __name__ == "__main__":
    sys.exit(main())

"""The scheduler's worker: what it follows, what is due, and the backbone. `python -m services.scheduler.worker`."""

import sys

from services.scheduler.due import timer_handlers, wind_up
from services.scheduler.handlers import handlers
from services.scheduler.recall import after_recall, recall_handlers
from services.scheduler.wiring import open_desk
from shared.runtime import Runtime
from shared.worker import Duties, work


def duties(runtime: Runtime) -> Duties:
    """Everything this worker does beside the backbone, with its standing timers set."""
    desk = open_desk(runtime)
    runtime.units.run(lambda unit: wind_up(unit, desk))
    return Duties(
        handlers(desk),
        timer_handlers(desk),
        recall=recall_handlers(desk),
        after_recall=lambda unit, window: after_recall(unit, desk, window),
    )


def main() -> int:
    """Run until SIGTERM. Returns the exit status."""
    return work("scheduler", duties)


if __name__ == "__main__":
    sys.exit(main())

"""The audit service's worker: relay, consumer, timers, the log and the watch over silence."""

import os
import sys

from services.audit.wiring import duties_of
from shared.config import load_settings
from shared.logs import configure_logs
from shared.runtime import open_runtime
from shared.worker import ROLES, loops_of, run_until_stopped


def main(roles: list[str] | None = None) -> int:
    """Run until SIGTERM; only these roles when some are named (`own` is the log). Returns the exit status."""
    configure_logs("audit")
    runtime = open_runtime(load_settings(os.environ), "audit")
    try:
        return run_until_stopped(loops_of(runtime, duties_of(runtime), roles=roles or ROLES))
    finally:
        runtime.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

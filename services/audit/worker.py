"""The audit service's worker: relay, consumer, timers, the log and the watch over silence."""

import sys

from services.audit.wiring import duties_of
from shared.worker import ROLES, work


def main(roles: list[str] | None = None) -> int:
    """Run until SIGTERM; only these roles when some are named (`own` is the log). Returns the exit status."""
    return work("audit", duties_of, roles or ROLES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m services.notifier.worker`: consumer, relay, timers and the line to the carrier, until SIGTERM."""

import sys

from services.notifier.wiring import duties_of
from shared.worker import work


def main() -> int:
    """Run until stopped. Returns the exit status."""
    return work("notifier", duties_of)


if __name__ == "__main__":
    sys.exit(main())

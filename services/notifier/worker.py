"""`python -m services.notifier.worker`: consumer, relay, timers and the line to the carrier, until SIGTERM."""

import os
import sys

from services.notifier.wiring import duties_of
from shared.config import load_settings
from shared.errors import ConfigError
from shared.logs import configure_logs
from shared.runtime import open_runtime
from shared.worker import loops_of, run_until_stopped


def main() -> int:
    """Run until stopped. 2 with one clear line when a setting is wrong."""
    configure_logs("notifier")
    try:
        runtime = open_runtime(load_settings(os.environ), "notifier")
    except ConfigError as error:
        print(f"notifier: {error.message}", file=sys.stderr)
        return 2
    try:
        return run_until_stopped(loops_of(runtime, duties_of(runtime)))
    finally:
        runtime.close()


if __name__ == "__main__":
    sys.exit(main())

"""`python -m deploy.local.stack [DIRECTORY]`: the servers alone, for working on a service by hand.

Prints one JSON line with the URLs and process ids when they answer, then runs until SIGINT or SIGTERM.
"""

import json
import signal
import sys
from pathlib import Path

from deploy.local.stack.stack import Stack


def main(directory: Path) -> None:
    """Run the servers in `directory` until a signal comes."""
    signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    with Stack.start(directory) as stack:
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # not before: the servers would inherit it
        urls = {"mongo": stack.mongo_url, "amqp": stack.amqp_url, "management": stack.management_url}
        pids = {child.name: child.pid for child in stack.children.running()}
        print(json.dumps({**urls, "pids": pids}), flush=True)
        signal.sigwait(signals)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "run/stack"))

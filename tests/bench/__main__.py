"""`python -m tests.bench [SUITE...]`: measures, prints each figure, and replaces the suite's rows in bench/latest.json.

QUICK=1 finishes each suite in under five minutes; FULL=1 also measures what takes up to an hour (audit). A suite is a module
with `measure(quick) -> Iterable[Row]`, named below.
"""

import os
import signal
import sys
from collections.abc import Mapping
from importlib import import_module

from tests.bench.rows import machine, print_row, replace_rows

SUITES: Mapping[str, str] = {
    "audit": "tests.bench.audit",
    "events": "tests.bench.events",
    "import": "tests.bench.imports",
    "concerns": "tests.bench.concerns",
    "messages": "tests.bench.messages",
}
"""Name of a suite -> its module. Imported only when it is run."""


def main(wanted: list[str]) -> int:
    """Run the suites named, or all. The exit status is 1 when a goal was missed."""
    unknown = sorted(set(wanted) - SUITES.keys())
    if unknown:
        print(f"no suite is called {', '.join(unknown)}; there are: {', '.join(SUITES)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that whatever a suite started is ended on the way out
    quick = os.environ.get("QUICK", "") not in ("", "0")
    held = True
    for name in wanted or SUITES:
        print(f"bench {name}{' (quick)' if quick else ''}", flush=True)
        on = machine()
        print(f"  on {on}", flush=True)
        rows = []
        for row in import_module(SUITES[name]).measure(quick):
            print_row(row)
            rows.append(row)
        replace_rows(name, rows, on)
        held = held and all(row.holds is not False for row in rows)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

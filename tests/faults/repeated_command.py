"""`python -m tests.faults.repeated_command KEY`: one command with an Idempotency-Key, as a process that tests may kill.

Prints the answer as JSON. The environment is any service's, with SPRINGRAIN_CRASH_AT.
"""

import json
import os
import sys
from dataclasses import asdict
from typing import Any

from shared.access import Principal, Role
from shared.app import idempotent
from shared.config import load_settings
from shared.http import Answered
from shared.ids import new_id
from shared.runtime import Runtime, open_runtime
from tests.county import tell_roster

CLERK = Principal("0197a1de-0000-7000-8000-0000000000a1", Role.CLERK, "county/township", 4, "", "session-1")


def add_place(runtime: Runtime, key: str) -> Answered:
    """What a POST does: a change, its event and its answer, once for this key."""

    def work(unit: Any) -> Answered:
        place = new_id()
        unit.collection("places").insert({"_id": place, "revision": 1})
        tell_roster(runtime, place, 1)(unit)
        return Answered(201, place, 1)

    return idempotent(runtime).once(CLERK, "POST", "/api/v1/places", key, "hash", work)


def main(key: str) -> None:
    """Do it, and say what the answer was."""
    runtime = open_runtime(load_settings(os.environ), "registry")
    print(json.dumps(asdict(add_place(runtime, key))))
    runtime.close()


if __name__ == "__main__":
    main(sys.argv[1])

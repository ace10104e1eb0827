"""What the scheduler's app and its worker both stand on, put together in one place."""

import secrets
from contextlib import suppress
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.scheduler import store
from services.scheduler.commands.desk import Desk
from shared.healing.recall import window
from shared.runtime import Runtime

LOTS = "lots"


def open_desk(runtime: Runtime) -> Desk:
    """The desk of this process, with the indexes made and the lot secret at hand."""
    store.prepare(runtime.database)
    seed = runtime.settings.lot_seed
    lots = seed.encode() if seed else lot_secret(runtime.database)
    lost, proofs = window(runtime.database), runtime.settings.proofs
    return Desk(runtime.county_clock, runtime.sealer, runtime.keys, lots, runtime.home, lost, proofs)


def lot_secret(database: Database[dict[str, Any]]) -> bytes:
    """The secret draws by lot are keyed with: made once, kept here, known to nobody who could plan around it."""
    rows = database[store.SECRETS]
    if (known := rows.find_one({"_id": LOTS})) is None:
        with suppress(DuplicateKeyError):  # another process was first: its secret is ours too
            rows.insert_one({"_id": LOTS, "value": secrets.token_bytes(32)})
        known = rows.find_one({"_id": LOTS})
    assert known is not None
    return bytes(known["value"])

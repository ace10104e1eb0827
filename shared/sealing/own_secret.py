"""A service's own secret: kept in its database, wrapped by the master key, so that a backup of it alone opens nothing."""

import os
from typing import Any

from pymongo.database import Database

from shared.sealing.master import Master

SECRETS = "secrets"


def own_secret(database: Database[dict[str, Any]], master: Master, name: str) -> bytes:
    """32 random bytes under this name, made now if there are none. Outside any unit of work."""
    rows = database[SECRETS]
    fresh = {"wrapped": master.wrap(os.urandom(32), name)}
    rows.update_one({"_id": name}, {"$setOnInsert": fresh}, upsert=True)
    row = rows.find_one({"_id": name})
    assert row is not None
    return master.unwrap(bytes(row["wrapped"]), name)

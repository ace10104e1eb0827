"""`python -m deploy.database`: makes MongoDB a replica set and gives each service a database user of its own.

Compose runs it before the services, at each start; run again it changes nothing but passwords. No service may open another's
database. The keys' store is the one that is shared (docs/design.md, section 6): audit only reads it.
"""

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from shared.errors import Busy, ConfigError, SpringrainError

REPLICA_SET = "rs0"
WITHIN_SECONDS = 120.0
SERVICES = ("registry", "scheduler", "notifier", "audit")
WRITES_KEYS = ("registry", "scheduler", "notifier")
"""Registry makes people's keys; scheduler and notifier make those of hidden records."""
_ALREADY_INITIALIZED = 23
Admin = MongoClient[dict[str, Any]]


def main(environ: Mapping[str, str]) -> None:
    """Do it all, waiting for the server. Raises ConfigError or Busy."""
    passwords = {name: _need(environ, f"MONGO_{name.upper()}_PASSWORD") for name in SERVICES}
    url, member = _need(environ, "MONGO_ROOT_URL"), _need(environ, "MONGO_MEMBER")
    prefix = environ.get("SPRINGRAIN_DATABASE_PREFIX", "springrain_")
    with MongoClient[dict[str, Any]](url, directConnection=True, serverSelectionTimeoutMS=1_000) as client:
        wait_primary(client, member)
        for name, password in passwords.items():
            put_user(client, name, password, rights_of(name, prefix))


def wait_primary(client: Admin, member: str, within: float = WITHIN_SECONDS) -> None:
    """Make the replica set of one node at `member` (host:port) if there is none, and wait until it takes writes."""
    deadline, last = time.monotonic() + within, "no answer"
    while time.monotonic() < deadline:
        try:
            hello = client.admin.command("hello")
            if hello["isWritablePrimary"]:
                return
            if "setName" not in hello:
                _initiate(client, member)
        except PyMongoError as error:
            last = type(error).__name__
        time.sleep(0.5)
    raise Busy(f"MongoDB is not primary after {within:g} s ({last})")


def rights_of(service: str, prefix: str) -> list[dict[str, str]]:
    """What a service's database user may do: everything in its own database, and what it needs in the keys' store."""
    keys = "readWrite" if service in WRITES_KEYS else "read"
    return [{"role": "readWrite", "db": prefix + service}, {"role": keys, "db": prefix + "keys"}]


def put_user(client: Admin, name: str, password: str, roles: list[dict[str, str]]) -> None:
    """Make a user, or set password and rights of the one that is there."""
    known = client.admin.command("usersInfo", name)["users"]
    client.admin.command("updateUser" if known else "createUser", name, pwd=password, roles=roles)


def _initiate(client: Admin, member: str) -> None:
    try:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [{"_id": 0, "host": member}]})
    except OperationFailure as error:
        if error.code != _ALREADY_INITIALIZED:
            raise


def _need(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise ConfigError(f"{name} is not set")
    return value


if __name__ == "__main__":
    try:
        main(os.environ)
    except SpringrainError as error:
        sys.exit(f"database: {error.message}")

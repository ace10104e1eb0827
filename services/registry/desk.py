"""What every command and query of the registry is given: the runtime, and the secret of look-up hashes.

Nothing here is made at import; `open_desk` is called once in each process, after a fork.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pymongo.database import Database

from services.registry.store import prepare
from shared.clock import county_day
from shared.runtime import Runtime
from shared.sealing import FileMaster, Keys, Sealer, lookup_hash, own_secret
from shared.units import Units

Doc = dict[str, Any]
SYSTEM = "system:registry"


@dataclass(frozen=True)
class Desk:
    """The registry's desk. Safe to share between threads."""

    runtime: Runtime
    secret: bytes

    @property
    def database(self) -> Database[Doc]:
        """The registry's own database; for reading only. Writing goes through a unit of work."""
        return self.runtime.database

    @property
    def units(self) -> Units:
        """Runs units of work."""
        return self.runtime.units

    @property
    def sealer(self) -> Sealer:
        """Seals and opens what speaks of people."""
        return self.runtime.sealer

    @property
    def keys(self) -> Keys:
        """The key store; registry alone makes and erases people's keys."""
        return self.runtime.keys

    @property
    def home(self) -> str:
        """Path of the county's own branch."""
        return self.runtime.home

    def hash(self, kind: str, value: str) -> str:
        """The look-up hash of a phone, an ID number, a name. It must never leave the registry's collections."""
        return lookup_hash(self.secret, kind, value)

    def now(self) -> datetime:
        """County time."""
        return self.runtime.county_clock.now()

    def today(self) -> date:
        """The county's calendar day."""
        return county_day(self.now())


def open_desk(runtime: Runtime) -> Desk:
    """The desk of this process, with indexes and key store made ready. Raises ConfigError for a wrong master key."""
    runtime.keys.prepare()
    prepare(runtime.database)
    master = FileMaster(runtime.settings.data / "master.key")
    return Desk(runtime, own_secret(runtime.database, master, "lookup"))

"""What every process of a service stands on, put together in one place and passed on: clients, clocks, keys, units.

Make it after a fork, in the process that uses it; close it at the end.
"""

import os
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pymongo import MongoClient
from pymongo.database import Database

from shared.clock import CountyClock, FileCountyClock, MachineClock, SystemCountyClock
from shared.config import Settings
from shared.faultpoints import FaultPoints
from shared.healing import days, gaps
from shared.healing.broker_view import BrokerView
from shared.inbox import held
from shared.sealing import FileMaster, Keys, Sealer
from shared.units import Units, outbox, timers
from shared.units.bounds import OutboxBound
from shared.units.teller import Teller

Doc = dict[str, Any]
KEEPER = "registry"
"""The service that makes and erases people's keys; the others read them."""
SWEEP_SECONDS = 10.0


@dataclass
class Runtime:
    """The shared things of one process of one service."""

    settings: Settings
    service: str
    client: MongoClient[Doc]
    database: Database[Doc]
    county_clock: CountyClock
    machine_clock: MachineClock
    keys: Keys
    sealer: Sealer
    units: Units
    bound: OutboxBound
    faults: FaultPoints
    closed: threading.Event = field(default_factory=threading.Event)
    """Set at the end: what runs beside the requests of an app stops by it."""

    @property
    def home(self) -> str:
        """Branch path of the county itself; its branch id is the county's id."""
        return self.settings.county

    @property
    def holder(self) -> str:
        """Names this process in leases."""
        return f"{self.service}:{os.getpid()}"

    def broker_view(self, timeout: float = 5.0) -> BrokerView | None:
        """The broker's own list, when its management can be asked. It is waited for `timeout` seconds."""
        url = self.settings.management_url
        if not url:
            return None
        vhost = urlsplit(self.settings.amqp_url).path.lstrip("/").replace("%2F", "/").replace("%2f", "/")
        return BrokerView(url, vhost or "/", timeout)

    def sweep_keys(self, stop: threading.Event) -> None:
        """Until stopped, let no key stay in memory beyond its minute, however idle the process is."""
        while not stop.wait(SWEEP_SECONDS):
            self.keys.sweep()

    def close(self) -> None:
        """Let go of the database, and end what runs beside."""
        self.closed.set()
        self.client.close()


def open_runtime(settings: Settings, service: str) -> Runtime:
    """Open a service's runtime and make its backbone indexes. Raises ConfigError or the database's errors."""
    client: MongoClient[Doc] = MongoClient(
        settings.mongo_url, w="majority", journal=True, tz_aware=True, serverSelectionTimeoutMS=15_000, appname=service
    )
    database = client[settings.database_prefix + service]
    prepare(database)
    county_time = county_clock(settings)
    machine_clock, faults = MachineClock(), FaultPoints(settings.crash_at)
    keys = Keys(client, settings.database_prefix + "keys", FileMaster(settings.data / "master.key"), machine_clock)
    if service == KEEPER:
        keys.prepare()
    else:
        keys.check()
    sealer = Sealer(keys, settings.county)
    teller = Teller(settings.county, service, county_time, sealer)
    return Runtime(
        settings=settings,
        service=service,
        client=client,
        database=database,
        county_clock=county_time,
        machine_clock=machine_clock,
        keys=keys,
        sealer=sealer,
        units=Units(client, database.name, teller, faults),
        bound=OutboxBound(outbox.Outbox(database), machine_clock, settings.outbox_bound),
        faults=faults,
    )


def county_clock(settings: Settings) -> CountyClock:
    """The county's time: the host's, or what a demo's conductor writes."""
    return FileCountyClock(settings.county_time_file) if settings.county_time_file else SystemCountyClock()


def prepare(database: Database[Doc]) -> None:
    """Make the indexes of the backbone. Harmless when they are there."""
    outbox.prepare(database)
    held.prepare(database)
    timers.prepare(database)
    gaps.prepare(database)
    days.prepare(database)

"""What every command needs beside its unit of work: the clock, the seals, the lots. Passed in, never global."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.clock import CountyClock, county_day
from shared.healing.recall import Window
from shared.sealing import Keys, Sealer

ACTOR = "system:scheduler"


@dataclass(frozen=True, slots=True)
class Desk:
    """The scheduler's own things. `lots`: the secret that draws by lot are keyed with; `home`: the county's branch path.

    `lost`: the time that a restored backup does not know, if there was one (commands/lost_time.py).
    """

    clock: CountyClock
    sealer: Sealer
    keys: Keys
    lots: bytes
    home: str
    lost: Window | None = None
    proofs: Mapping[str, str] = field(default_factory=dict)
    """What may be given at the door, by name, with the legal ground (model/proofs.py)."""

    def now(self) -> datetime:
        """County time, in UTC."""
        return self.clock.now()

    def today(self) -> date:
        """The county's day."""
        return county_day(self.now())

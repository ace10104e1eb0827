"""Opens the log after whatever happened before: crash, lost database, lost or older folder (docs/design.md, 5; docs/faults.md).

What was signed last, in the database or in the folder, is the truth; the other is brought up to it, or the log stays shut.
A new origin begins only when a key is there and neither database nor folder know its log any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import structlog

from services.audit.log.folder import LogFolder, LogStopped, TileFolder
from services.audit.log.intake import Intake
from services.audit.log.keyring import Keyring, last_number
from services.audit.log.logbook import AT_A_TIME, LogBook
from services.audit.log.succession import Succession
from services.audit.model.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from services.audit.model.merkle import EMPTY_ROOT
from services.audit.model.note import parse_note
from services.audit.model.tiles import ENTRIES, WIDTH, Name, unpack
from services.audit.model.wrong import Wrong
from services.audit.store import LogStore
from shared.clock import MachineClock
from shared.config import Settings
from shared.errors import ConfigError
from shared.faultpoints import FaultPoints

log = structlog.get_logger()
Doc = dict[str, Any]
KEYS, TILES = "keys", "tiles"


@dataclass(frozen=True)
class Place:
    """Where a county's log lies on disk: `tiles/` with everything public, `keys/` with a key for each origin."""

    folder: Path
    county: str
    archive: Path | None = None
    """Where old tiles were moved to, if the county has such a place."""

    def reader(self) -> TileFolder:
        """Reads tiles wherever they lie."""
        return TileFolder(self.tiles, self.archive)

    @property
    def tiles(self) -> Path:
        """The tile folder."""
        return self.folder / TILES

    @property
    def cosigned(self) -> Path:
        """The newest cosigned checkpoint, beside the tiles: for exports made without the database."""
        return self.folder / "cosigned"

    @property
    def reports(self) -> Path:
        """The reports of closed inspections: they outlive the database as the tiles do."""
        return self.folder / "reports"

    @property
    def keys(self) -> Path:
        """The folder with the keys of this county's logs."""
        return self.folder / KEYS

    def ring(self, number: int) -> Keyring:
        """The keys of the county's log with this number."""
        return Keyring(self.keys, number, self.origin(number))

    def origin(self, number: int) -> str:
        """Its name, for ever: the keys' name too."""
        return f"springrain/{self.county}/log/{number}"

    def number_of(self, origin: str) -> int:
        """The number in an origin. Raises ConfigError for another county's log."""
        head, _, number = origin.rpartition("/")
        if head != f"springrain/{self.county}/log" or not number.isdecimal():
            raise ConfigError("SPRINGRAIN_DATA or the database holds another county's log")
        return int(number)


def place_in(settings: Settings) -> Place:
    """Where the county's log lies, by its settings."""
    return Place(settings.data / "log", settings.county, settings.log_archive)


@dataclass(frozen=True)
class Opening:
    """Opens one county's log. Raises Conflict while another process writes it, LogStopped when it must not be written."""

    place: Place
    store: LogStore
    intake: Intake
    clock: MachineClock
    faults: FaultPoints
    succession: Succession

    def open(self) -> LogBook:
        """The log, whole and signed up to all that is known. It is the one writer from now on."""
        self.place.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = self.place.reader().checkpoint()
        ring = self._ring(kept)
        here = _opened(kept, ring)
        folder = LogFolder(self.place.tiles, here.size, here.root, self.place.archive)
        try:
            return self._catch_up(folder, ring, here, kept)
        except BaseException:
            folder.close()
            raise

    def _ring(self, kept: bytes | None) -> Keyring:
        state = self.store.state()
        origin = state["origin"] if state else parse_checkpoint(parse_note(kept).text).origin if kept else None
        if origin is not None:
            ring = self.place.ring(self.place.number_of(origin))
            ring.complete()
            return ring
        ring = self.place.ring(last_number(self.place.keys) + 1)
        log.info("log_begins", origin=ring.origin)
        ring.begin()
        return ring

    def _catch_up(self, folder: LogFolder, ring: Keyring, here: Checkpoint, kept: bytes | None) -> LogBook:
        if self.store.state() is None:
            self.store.begin(_first_row(ring, here, kept, self.clock.now()))
        state = self.store.fence()
        if not state["size"] and not here.size and ring.number > 1:
            before = self.place.ring(ring.number - 1)
            self.intake.take_first(self.succession.telling(ring.number, before), state["fence"])
            state = self.store.state() or state
        there = _opened(bytes(state["note"]), ring)
        book = self._book(folder, ring, state, there.size)
        if state["size"] < here.size:
            state = self._read_back(folder, state, here.size)
            book = self._book(folder, ring, state, there.size)
        self._must_be_the_same(folder, min(there.size, here.size), min(state["size"], here.size))
        if folder.size < there.size and book.integrate(there.size) != there.root:
            raise LogStopped(f"the entries do not give the root that was signed at size {there.size}")
        if there.size >= here.size:
            folder.keep_checkpoint(bytes(state["note"]))
        book.sign()
        return book

    def _book(self, folder: LogFolder, ring: Keyring, state: Doc, signed: int) -> LogBook:
        return LogBook(
            self.store,
            self.intake,
            folder,
            ring,
            self.clock,
            self.faults,
            fence=state["fence"],
            size=state["size"],
            signed=signed,
        )

    def _read_back(self, folder: LogFolder, state: Doc, end: int) -> Doc:
        """Put entries the folder has and the database lost back, in their places."""
        log.warning("entries_read_back", start=state["size"], end=end)
        size, lost = state["size"], chain(folder.entries(state["size"], end), _beyond(folder, end))
        while bodies := list(islice(lost, AT_A_TIME)):
            before, size = size, self.intake.take(bodies, state["fence"])
            if size != before + len(bodies):
                raise LogStopped(f"entry {before} or after it cannot be read back: the database has it elsewhere")
        found = self.store.state()
        assert found is not None
        return found

    def _must_be_the_same(self, folder: LogFolder, start: int, end: int) -> None:
        """What both hold beyond the older checkpoint must be the same bytes."""
        for at in range(start, end, AT_A_TIME):
            bodies = self.store.bodies(at, min(at + AT_A_TIME, end))
            if len(bodies) != min(AT_A_TIME, end - at):
                raise LogStopped(f"the database has no entry {at + len(bodies)}")
            folder.integrate(bodies, at)


def _opened(note: bytes | None, ring: Keyring) -> Checkpoint:
    """A checkpoint of ours; the empty one when there is none. Raises LogStopped for one that is not ours."""
    if note is None:
        return Checkpoint(ring.origin, 0, EMPTY_ROOT)
    try:
        return open_checkpoint(note, ring.verifiers(), ring.origin)
    except Wrong as error:
        raise LogStopped(f"the last checkpoint is not signed by a key of this log: {error}") from error


def _first_row(ring: Keyring, here: Checkpoint, kept: bytes | None, now: datetime) -> Doc:
    """The row of a new log, or of one whose database was lost: what was signed is served on, never an older one."""
    note = kept or ring.note(here.size, here.root, now)
    signed = {"signed": here.size, "root": here.root, "note": note, "signed_at": None}
    return {"origin": ring.origin, **ring.public(now), "size": 0, "counts": {}, "fence": 0, **signed}


def _beyond(folder: TileFolder, size: int) -> Iterator[bytes]:
    """Entries that were durable here and not signed yet when the database was lost: they were acked, so they count."""
    for index in count(size // WIDTH):
        paths = [folder.root / Name(ENTRIES, index).path]
        paths += sorted(paths[0].with_name(paths[0].name + ".p").glob("*"), key=lambda path: -int(path.name))
        found = next((list(unpack(path.read_bytes())) for path in paths if path.is_file()), [])
        yield from found[max(size - index * WIDTH, 0) :]
        if len(found) < WIDTH:
            return

"""Settings: environment variables read once, in one typed place, with defaults that run the embedded stack.

A bad value stops the start with one clear line that names the variable and never its value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from shared.errors import ConfigError
from shared.ids import is_id

PREFIX = "SPRINGRAIN_"
PROOFS = ("device", "door_code")
T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """What a process must know to start. Everything else lies in the database."""

    county: str
    """Random id of this county's installation, for ever part of every event's source."""
    mongo_url: str
    amqp_url: str
    management_url: str
    """Management API of the broker, with user and password: the relay checks the bindings there. Empty: not checked."""
    data: Path
    """Folder with `master.key`, `tokens/` and the audit log's tiles."""
    log_archive: Path | None
    """Folder for old tiles of the log, on a cheaper disk (`springrain audit move-tiles`); they are served from there."""
    database_prefix: str
    county_time_file: Path | None
    """Set in the demo only: the conductor holds county time in this file."""
    hosts: tuple[str, ...]
    """Host names the pages answer to; any other is refused."""
    outbox_bound: int
    """How many events may wait for the broker before routine commands are refused."""
    smpp_host: str
    smpp_port: int
    smpp_user: str
    smpp_password: str
    office_phone: str
    """The one known number of the office that every message names."""
    person_in_charge: str
    """Who answers for the data of minors, named on every page and notice (Children's rules of 2019, art. 8)."""
    witnesses: Path | None
    """A trust policy (c2sp.org/tlog-policy) with the addresses of the witnesses asked to cosign the log. None: nobody is."""
    lot_seed: str
    """Set in the demo and in tests only: makes draws by lot repeatable. Empty: drawn by the system's own randomness."""
    proofs: Mapping[str, str]
    """What a visitor may give at the door beside their word, each with the county's legal ground; none unless switched on."""
    demo: bool
    crash_at: str
    """Set by fault tests only (`shared/faultpoints.py`)."""


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check all settings. Raises ConfigError that names the first wrong variable."""
    return _read(_Source(environ))


class _Source:
    """Reads one variable at a time out of a mapping, so that tests need not touch the process's environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def get(self, name: str, default: str, read: Callable[[str], T]) -> T:
        full = PREFIX + name
        text = self._environ.get(full, default)
        try:
            if text != text.strip():
                raise ValueError("has blanks around it")
            return read(text)
        except ValueError as error:
            raise ConfigError(f"{full}: {error}") from None


def _read(source: _Source) -> Settings:
    get = source.get
    return Settings(
        county=get("COUNTY_ID", "", _id),
        mongo_url=get("MONGO_URL", "mongodb://127.0.0.1:27017/?replicaSet=rs0", _url("mongodb")),
        amqp_url=get("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/%2F", _url("amqp")),
        management_url=get("MANAGEMENT_URL", "", lambda text: _url("http")(text) if text else ""),
        data=get("DATA", "run/data", Path),
        log_archive=get("LOG_ARCHIVE", "", lambda text: Path(text) if text else None),
        database_prefix=get("DATABASE_PREFIX", "springrain_", _word),
        county_time_file=get("COUNTY_TIME_FILE", "", lambda text: Path(text) if text else None),
        hosts=get("HOSTS", "127.0.0.1,localhost", _names),
        outbox_bound=get("OUTBOX_BOUND", "100000", _count(1)),
        smpp_host=get("SMPP_HOST", "127.0.0.1", str),
        smpp_port=get("SMPP_PORT", "2775", _count(1, 65535)),
        smpp_user=get("SMPP_USER", "springrain", str),
        smpp_password=get("SMPP_PASSWORD", "", str),
        office_phone=get("OFFICE_PHONE", "0791-85600000", str),
        person_in_charge=get("PERSON_IN_CHARGE", "演示负责人", str),
        witnesses=get("WITNESSES", "", lambda text: Path(text) if text else None),
        lot_seed=get("LOT_SEED", "", str),
        proofs=get("PROOFS", "", _grounds),
        demo=get("DEMO", "no", _yes_no),
        crash_at=get("CRASH_AT", "", str),
    )


def _id(text: str) -> str:
    if not is_id(text):
        raise ValueError("must be a UUID in lower case; make one with `springrain keys init`")
    return text


def _url(scheme: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in (scheme, scheme + "s", scheme + "+srv") or not parts.hostname:
            raise ValueError(f"must be a {scheme} address")
        return text

    return read


def _count(least: int, most: int = 10**9) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def _names(text: str) -> tuple[str, ...]:
    found = tuple(name.strip() for name in text.split(",") if name.strip())
    if not found:
        raise ValueError("must name at least one host")
    return found


def _grounds(text: str) -> Mapping[str, str]:
    """`device=GROUND;door_code=GROUND`: no proof without the paper that allows it (docs/domain.md, rule 8)."""
    pairs = dict(part.partition("=")[::2] for part in text.split(";") if part)
    if not pairs.keys() <= set(PROOFS) or not all(ground.strip() for ground in pairs.values()):
        raise ValueError(f"must be name=legal ground, separated by semicolons; names: {', '.join(PROOFS)}")
    return pairs


def _word(text: str) -> str:
    if not text.isidentifier():
        raise ValueError("must be letters, digits and underscores")
    return text


def _yes_no(text: str) -> bool:
    if text.lower() not in ("yes", "no", "true", "false", "1", "0"):
        raise ValueError("must be yes or no")
    return text.lower() in ("yes", "true", "1")

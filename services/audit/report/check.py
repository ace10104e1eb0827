"""A report in somebody's hand against the log: the file by its SHA-256, the paper by its QR code. Needs no server.

Says nothing of whether the bundle is the log: that is the verifier's. Trusts neither file, paper nor bundle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from services.audit.inspections.redraw import events_of
from services.audit.model.checkpoint import open_checkpoint
from services.audit.model.note import Verifier
from services.audit.model.wrong import Wrong
from services.audit.report.figures import FORMAT

CLOSED = "inspection.closed.v1"


@dataclass(frozen=True, slots=True)
class Paper:
    """What the QR code of a report says, its checkpoint's signature checked."""

    inspection: str
    figures: str
    size: int

    def agrees_with(self, sealed: "Sealed") -> bool:
        """Whether the paper is of the report an entry sealed."""
        return (self.inspection, self.figures) == (sealed.inspection, sealed.figures)


@dataclass(frozen=True, slots=True)
class Sealed:
    """The entry of the log that sealed a report: its index, the inspection, the SHA-256 of the figures."""

    entry: int
    inspection: str
    figures: str


def read_paper(code: str, keys: Sequence[Verifier]) -> Paper:
    """The code of a report. Raises Wrong for another code, and when no given key signed its checkpoint."""
    form, _, rest = code.partition("\n")
    parts = rest.split("\n", 2)
    if form != FORMAT or len(parts) != 3:
        raise Wrong("no_report_code")
    signed = open_checkpoint(parts[2].encode(), keys, keys[0].name)
    return Paper(parts[0], parts[1], signed.size)


def entry_of(file: bytes, bundle: Path) -> Sealed | None:
    """Which entry of the log sealed this very file; None when none did. Raises Wrong for what is no bundle of a whole log."""
    digest = sha256(file).hexdigest()
    for index, event in events_of(bundle):
        if event["type"] == CLOSED and event["source"].endswith("/audit") and event["data"].get("report") == digest:
            return Sealed(index, event["subject"], str(event["data"].get("figures")))
    return None

"""One way in for whatever an inspector holds in hand: a bundle, a folder, a proof in a file, or what stands on paper."""

from pathlib import Path

from services.audit.model.note import GREATEST_NOTE
from services.audit.model.paper import MARK
from services.audit.model.tiles import GREATEST_ENTRY
from services.audit.verifier.one import GREATEST_PROOF, OneReport, is_proof, verify_one
from services.audit.verifier.report import Report
from services.audit.verifier.trust import Trust
from services.audit.verifier.verify import verify_bundle

_ENOUGH_TO_KNOW = 32


def verify(what: str, whom: Trust, earlier: Path | None = None, entry: Path | None = None) -> Report | OneReport:
    """Check what lies at a path, or the text of a QR code itself. Raises OSError when `earlier` or `entry` is not there."""
    held = read_at_most(entry, GREATEST_ENTRY) if entry else None
    if what.startswith(MARK):
        return verify_one(what.encode(), whom, held)
    path = Path(what)
    if path.is_file() and is_proof(read_at_most(path, _ENOUGH_TO_KNOW)):
        return verify_one(read_at_most(path, GREATEST_PROOF), whom, held)
    return verify_bundle(path, whom, read_at_most(earlier, GREATEST_NOTE) if earlier else None)


def read_at_most(path: Path, limit: int) -> bytes:
    """What may be read at once; one byte more shows that there is more."""
    with path.open("rb") as file:
        return file.read(limit + 1)

"""The proof of one entry, checked by itself: a `.tlog-proof` file, or what a QR code on paper says."""

from dataclasses import dataclass, field
from typing import Any

from services.audit.model.merkle import leaf_hash
from services.audit.model.note import to_base64
from services.audit.model.paper import MARK, from_paper
from services.audit.model.proof import check_inclusion
from services.audit.model.tlog_proof import HEAD, EntryProof, parse_proof
from services.audit.model.wrong import Wrong
from services.audit.verifier.report import Witnessed, witnessed
from services.audit.verifier.trust import Trust
from services.audit.verifier.words import ONE

GREATEST_PROOF = 512 * 1024
GREATEST_QR = 4_296


@dataclass
class OneReport:
    """What was found. `same`: whether the entry at hand is the one proven; None when there is only its hash."""

    index: int = 0
    leaf: str = ""
    origin: str = ""
    size: int = 0
    root: str = ""
    same: bool | None = None
    entry: str = ""
    witnesses: list[Witnessed] = field(default_factory=list)
    why: str = ""

    @property
    def holds(self) -> bool:
        """Whether the log holds the entry, as far as the proof says."""
        return not self.why

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"holds": self.holds, **vars(self), "witnesses": [vars(each) for each in self.witnesses]}

    def lines(self, lang: str) -> list[str]:
        """For people."""
        said = {key: text[lang] for key, text in ONE.items()}
        if self.why:
            return [said["fails"].format(why=self.why)]
        lines = [said["holds"].format(index=self.index, size=self.size, origin=self.origin)]
        lines += [said["witness"].format(name=each.name, at=each.at or "?") for each in self.witnesses]
        lines.append(said["leaf"].format(leaf=self.leaf))
        lines.append(said["entry"].format(entry=self.entry) if self.same else said["no_entry"])
        return [*lines, said["proves"]]


def is_proof(data: bytes) -> bool:
    """Whether a file is the proof of one entry: C2SP's form, or the text of a QR code."""
    return data.startswith((HEAD.encode() + b"\n", MARK.encode()))


def verify_one(data: bytes, whom: Trust, entry: bytes | None = None) -> OneReport:
    """Check a proof. The entry may come beside it; a file of ours carries it in its `extra` line.

    Never raises for what is wrong with the proof: `why` says it.
    """
    report = OneReport()
    try:
        leaf, proof = _taken_apart(data, entry)
        checkpoint, seen = whom.signed(proof.checkpoint)
        whom.witnessed(proof.checkpoint)
        check_inclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    except Wrong as error:
        report.why = str(error)
        return report
    held = entry if entry is not None else proof.extra
    report.index, report.leaf, report.witnesses = proof.index, to_base64(leaf), [witnessed(each) for each in seen]
    report.origin, report.size, report.root = checkpoint.origin, checkpoint.size, to_base64(checkpoint.root)
    report.same, report.entry = (None, "") if held is None else (True, held.decode("utf-8", "backslashreplace"))
    return report


def _taken_apart(data: bytes, entry: bytes | None) -> tuple[bytes, EntryProof]:
    """The leaf hash to be proven, and its proof. Raises Wrong when the entry is another one, or is not there at all."""
    if not data.startswith(MARK.encode()):
        proof = parse_proof(data)
        held = entry if entry is not None else proof.extra
        if held is None:
            raise Wrong("entry_needed", "the proof speaks of an entry that is not here: give it with --entry")
        return leaf_hash(held), proof
    if len(data) > GREATEST_QR + 2:
        raise Wrong("paper_form", "longer than any QR code")
    paper = from_paper(data.decode("ascii", "replace").rstrip("\r\n"))
    if entry is not None and leaf_hash(entry) != paper.leaf:
        raise Wrong("another_entry", "the entry is not the one whose hash stands on paper")
    return paper.leaf, paper.proof

"""The whole check of one bundle, step by step: signatures, tree, entries, chains, days, an earlier checkpoint."""

import json
import time
from contextlib import ExitStack
from pathlib import Path

from services.audit.model import tar
from services.audit.model.chain import Hole, Told, Twice
from services.audit.model.checkpoint import Checkpoint, parse_checkpoint
from services.audit.model.note import parse_note, to_base64
from services.audit.model.selection import SPAN, Selection, parse_selection
from services.audit.model.wrong import Wrong
from services.audit.verifier.days import DayDiffers, Days
from services.audit.verifier.entry import read_entry
from services.audit.verifier.part import Part
from services.audit.verifier.report import Finding, Report, witnessed
from services.audit.verifier.source import FolderSource, Source, TarSource
from services.audit.verifier.spill import Rows, Spill
from services.audit.verifier.trust import Trust, trust
from services.audit.verifier.walk import Walk

MOST_NOUNS_SHOWN = 3


def verify_bundle(path: Path, whom: Trust | str, earlier_checkpoint: bytes | None = None) -> Report:
    """Check a bundle file, or a log's folder, with nothing but the log's public key or a `Trust`.

    Raises Wrong for a key that is none; everything that is wrong with the bundle is in the report. `earlier_checkpoint`
    is one the inspector kept: the bundle must be a continuation of it.
    """
    trusted = trust([whom]) if isinstance(whom, str) else whom
    report, started = Report(), time.monotonic()
    try:
        with ExitStack() as stack:
            source = FolderSource(path) if path.is_dir() else TarSource(stack.enter_context(path.open("rb")), report)
            Check(source, trusted, report, stack).run(earlier_checkpoint)
    except OSError as error:
        report.damage(Finding("unreadable", path.name, detail=error.strerror or type(error).__name__))
    report.seconds = time.monotonic() - started
    return report


class Check:
    """One bundle under check; everything found goes to the report."""

    def __init__(self, source: Source, trusted: Trust, report: Report, stack: ExitStack) -> None:
        self._source, self._trust, self._report = source, trusted, report
        report.witnesses_known = len(trusted.policy.witnesses)
        self._spill, self._days, self._told = Spill(stack), Days(Rows(stack)), Told()

    def run(self, earlier: bytes | None) -> None:
        """From the checkpoint to the last chain. What cannot be read further ends it, and is a finding."""
        try:
            now = self._checkpoint(self._source.checkpoint())
            self._about(self._source.about(), now)
        except Wrong as error:
            self._report.damage(_stop(error, 0))
            return
        before = self._earlier(earlier, now)
        part = self._report.selection is not None
        walk = Walk(self._source, now, self._report, before.size if before else 0, part)
        if self._walk(walk):
            if before and (root := walk.earlier_root()) != before.root:
                code = "earlier_differs" if root else "earlier_not_held"
                self._report.damage(Finding(code, "checkpoint", detail=str(before.size)))
            self._judge()

    def _checkpoint(self, note: bytes) -> Checkpoint:
        """The checkpoint, if it can be read at all; that it is not signed is a finding, and the rest is checked."""
        try:
            checkpoint, report = parse_checkpoint(parse_note(note).text), self._report
        except Wrong as error:
            raise Wrong("checkpoint", str(error)) from error
        report.origin, report.size, report.root = checkpoint.origin, checkpoint.size, to_base64(checkpoint.root)
        try:
            report.witnesses = [witnessed(each) for each in self._trust.signed(note)[1]]
            self._trust.witnessed(note)
        except Wrong as error:
            code = "quorum" if error.code == "quorum_not_met" else "signature"
            report.damage(Finding(code, "checkpoint", detail=error.detail if code == "quorum" else str(error)))
        return checkpoint

    def _about(self, about: bytes | None, now: Checkpoint) -> None:
        """What the bundle says to hold: the whole log, or a part of it."""
        if about is None:
            return
        try:
            self._report.selection = selection = _selection_in(about)
            right = {tar.about(now.origin, now.size, key, selection) for key in self._trust.keys}
        except (Wrong, ValueError, RecursionError):
            right = set()
        if about not in right:
            self._report.damage(Finding("about", tar.ABOUT))

    def _earlier(self, note: bytes | None, now: Checkpoint) -> Checkpoint | None:
        if note is None:
            return None
        try:
            before, _ = self._trust.signed(note)
            if before.origin != now.origin:
                raise Wrong("another_log", before.origin)
        except Wrong as error:
            self._report.damage(Finding("earlier_signature", "checkpoint", detail=str(error)))
            return None
        self._report.earlier_size = before.size
        if before.size > now.size:
            self._report.damage(Finding("earlier_larger", "checkpoint", detail=str(before.size)))
            return None
        return before

    def _walk(self, walk: Walk) -> bool:
        """Every tile and entry. False when the bundle could not be read to its end."""
        report, part = self._report, Part(self._report)
        try:
            for index, body in walk.entries():
                report.checked += 1
                part.place(index)
                try:
                    event = read_entry(body)
                    slot = self._days.add(event, index)
                except Wrong as error:
                    report.add(Finding(error.code, entry=index, detail=error.detail))
                    continue
                self._told.add(event["source"])
                self._spill.add(event["id"], event["subject"], event["revision"], index, slot)
                part.entry(event, index)
            self._source.end()
            part.end()
            report.finished = True
        except Wrong as error:
            report.damage(_stop(error, walk.at))
        report.sources = self._told.counts()
        return report.finished

    def _judge(self) -> None:
        """Chains and days. Run through in any case, since they are counted on the way; judged in a sound copy only."""
        report, spill = self._report, self._spill
        report.judged = report.sound
        for fault in spill.faults():
            if report.judged and isinstance(fault, Hole):
                report.lacks(_chain_finding(fault, "not_here" if report.selection else "hole"))
            elif report.judged:
                report.add(_chain_finding(fault))
        report.subjects, report.whole_things = spill.subjects, spill.whole
        if not report.judged:
            return
        for again, slot in spill.twice():
            self._days.drop(slot, again.subject)
            report.add(_chain_finding(again))
        self._judge_days()

    def _judge_days(self) -> None:
        """Of the whole log, and of a span the days it was asked for: what was chosen otherwise is no day's whole."""
        report, part = self._report, self._report.selection
        if part and part.kind != SPAN:
            return
        if self._days.too_many:
            report.add(Finding("days_too_many"))
            return
        for differs in self._days.judge(*((part.first_day, part.last_day) if part else ())):
            report.lacks(_day_finding(differs))
        report.days = self._days.sources()


def _selection_in(about: bytes) -> Selection | None:
    said = json.loads(about)
    if not isinstance(said, dict):
        raise Wrong("about_form")
    holds = said.get("holds")
    return parse_selection(holds) if isinstance(holds, dict) else None


def _stop(error: Wrong, entry: int) -> Finding:
    """Where nothing further could be read."""
    if error.code == "checkpoint":
        return Finding("checkpoint", "checkpoint", detail=error.detail)
    if error.code == "another_file":
        at, _, path = error.detail.partition("|")
        return Finding("another_file", f"byte {at}", entry, path)
    return Finding(error.code, error.detail, entry)


def _chain_finding(fault: Hole | Twice, lacking: str = "hole") -> Finding:
    if isinstance(fault, Hole):
        span = str(fault.first) if fault.first == fault.last else f"{fault.first}-{fault.last}"
        return Finding(lacking, entry=fault.entry, detail=f"{fault.subject} #{span}")
    if fault.revision:
        return Finding("revision_twice", entry=fault.again, detail=f"{fault.subject} #{fault.revision} = {fault.entry}")
    return Finding("id_twice", entry=fault.again, detail=f"{fault.subject} = {fault.entry}")


def _day_finding(differs: DayDiffers) -> Finding:
    shown = [f"{noun} {said}/{held}" for noun, said, held in differs.nouns[:MOST_NOUNS_SHOWN]]
    rest = f" +{len(differs.nouns) - MOST_NOUNS_SHOWN}" if differs.nouns[MOST_NOUNS_SHOWN:] else ""
    return Finding("day_differs", differs.source, differs.entry, f"{differs.day}: {', '.join(shown)}{rest}")

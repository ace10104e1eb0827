"""The whole check of one bundle, step by step: signature, tree, entries, chains, an earlier checkpoint."""

import time
from contextlib import ExitStack
from pathlib import Path

from services.audit.model import tar
from services.audit.model.chain import Hole, Told, Twice
from services.audit.model.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from services.audit.model.note import Ed25519Verifier, parse_note, parse_verifier, to_base64
from services.audit.model.wrong import Wrong
from services.audit.verifier.entry import read_entry
from services.audit.verifier.report import Finding, Report
from services.audit.verifier.source import FolderSource, Source, TarSource
from services.audit.verifier.spill import Spill
from services.audit.verifier.walk import Walk


def verify_bundle(path: Path, verifier_key: str, earlier_checkpoint: bytes | None = None) -> Report:
    """Check a bundle file, or a log's folder, with nothing but the log's public key.

    Raises Wrong for a key that is none; everything that is wrong with the bundle is in the report. `earlier_checkpoint`
    is one the inspector kept: the bundle must be a continuation of it.
    """
    key = parse_verifier(verifier_key)
    report, started = Report(), time.monotonic()
    try:
        with ExitStack() as stack:
            source = FolderSource(path) if path.is_dir() else TarSource(stack.enter_context(path.open("rb")), report)
            _check(source, key, earlier_checkpoint, report, Spill(stack))
    except OSError as error:
        report.damage(Finding("unreadable", path.name, detail=error.strerror or type(error).__name__))
    report.seconds = time.monotonic() - started
    return report


def _check(source: Source, key: Ed25519Verifier, earlier: bytes | None, report: Report, spill: Spill) -> None:
    try:
        checkpoint = _signed(source.checkpoint(), key, report)
        about = source.about()
    except Wrong as error:
        report.damage(_stop(error, 0))
        return
    if about is not None and about != tar.about(checkpoint.origin, checkpoint.size, str(key)):
        report.damage(Finding("about", tar.ABOUT))
    before = _earlier(earlier, key, checkpoint, report)
    walk = Walk(source, checkpoint, report, before.size if before else 0)
    if _walk(walk, source, report, spill):
        if before and walk.earlier.root() != before.root:
            report.damage(Finding("earlier_differs", "checkpoint", detail=str(before.size)))
        _chains(spill, report)


def _signed(note: bytes, key: Ed25519Verifier, report: Report) -> Checkpoint:
    """The checkpoint, if it can be read at all; that its signature does not hold is a finding, and the rest is checked."""
    try:
        checkpoint = parse_checkpoint(parse_note(note).text)
    except Wrong as error:
        raise Wrong("checkpoint", str(error)) from error
    report.origin, report.size, report.root = checkpoint.origin, checkpoint.size, to_base64(checkpoint.root)
    try:
        open_checkpoint(note, [key], key.name)
    except Wrong as error:
        report.damage(Finding("signature", "checkpoint", detail=str(error)))
    return checkpoint


def _earlier(note: bytes | None, key: Ed25519Verifier, now: Checkpoint, report: Report) -> Checkpoint | None:
    if note is None:
        return None
    try:
        before = open_checkpoint(note, [key], key.name)
    except Wrong as error:
        report.damage(Finding("earlier_signature", "checkpoint", detail=str(error)))
        return None
    report.earlier_size = before.size
    if before.size > now.size:
        report.damage(Finding("earlier_larger", "checkpoint", detail=str(before.size)))
        return None
    return before


def _walk(walk: Walk, source: Source, report: Report, spill: Spill) -> bool:
    """Every tile and entry. False when the bundle could not be read to its end."""
    told = Told()
    try:
        for index, body in walk.entries():
            report.checked += 1
            try:
                event = read_entry(body)
            except Wrong as error:
                report.add(Finding(error.code, entry=index, detail=error.detail))
                continue
            told.add(event["source"])
            spill.add(event["id"], event["subject"], event["revision"], index)
        source.end()
        report.finished = True
    except Wrong as error:
        report.damage(_stop(error, walk.at))
    report.sources = told.counts()
    return report.finished


def _stop(error: Wrong, entry: int) -> Finding:
    """Where nothing further could be read."""
    if error.code == "checkpoint":
        return Finding("checkpoint", "checkpoint", detail=error.detail)
    if error.code == "another_file":
        at, _, path = error.detail.partition("|")
        return Finding("another_file", f"byte {at}", entry, path)
    return Finding(error.code, error.detail, entry)


def _chains(spill: Spill, report: Report) -> None:
    report.judged = report.sound
    for fault in spill.faults():
        if report.judged:
            report.add(_chain_finding(fault))
    report.subjects = spill.subjects


def _chain_finding(fault: Hole | Twice) -> Finding:
    if isinstance(fault, Hole):
        span = str(fault.first) if fault.first == fault.last else f"{fault.first}-{fault.last}"
        return Finding("hole", entry=fault.entry, detail=f"{fault.subject} #{span}")
    if fault.revision:
        return Finding("revision_twice", entry=fault.again, detail=f"{fault.subject} #{fault.revision} = {fault.entry}")
    return Finding("id_twice", entry=fault.again, detail=f"{fault.subject} = {fault.entry}")

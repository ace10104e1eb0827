"""Drawing an inspection's sample again from a bundle of the whole log: no server, no database, nobody to trust.

Whether the bundle is the log is the verifier's question (`springrain audit verify`); this answers whether the sample is the one
that secret, root and rule give, and says what was missing. Reads the bundle twice, one entry at a time.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.audit.inspections.draw import Sample, commitment, draw, seed_of
from services.audit.inspections.population import Population, Span
from services.audit.inspections.redraw_words import SAID
from services.audit.inspections.rule import VERSION
from services.audit.model import tar
from services.audit.model.checkpoint import Checkpoint, parse_checkpoint
from services.audit.model.merkle import Edge, leaf_hashes
from services.audit.model.note import GREATEST_NOTE, parse_note
from services.audit.model.tiles import unpack
from services.audit.model.wrong import Wrong
from services.audit.verifier.entry import read_entry
from shared.clock import county_day_of_hour

OPENED, ANCHORED, DRAWN = "inspection.opened.v1", "inspection.anchored.v1", "inspection.drawn.v1"
_CHECKPOINT: dict[str, type] = {"origin": str, "size": int, "root": str}
STEPS: dict[str, dict[str, type]] = {
    OPENED: {"scope": str, "first_day": str, "last_day": str, "commitment": str, "rule": str},
    ANCHORED: {**_CHECKPOINT, "witnesses": list},
    DRAWN: {**_CHECKPOINT, "secret": str, "population": int, "digest": str, "sample": list},
}
"""What an entry must say to be a step: anything may stand in a log."""
_BUNDLES = "tile/entries/"
_GREATEST_BUNDLE = 256 * 65_537


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it must be."""

    code: str
    detail: str = ""


@dataclass
class Redrawn:
    """What drawing again gave. `holds` only when every step could be looked at and agreed."""

    inspection: str
    early: bool = False
    """Drawn with a secret that was not told yet: there is nothing to compare the sample with."""
    size: int = 0
    witnesses: tuple[str, ...] = ()
    late: int = 0
    """Entries of the log between the first moment the checkpoint could be taken and the one that was."""
    sample: Sample | None = None
    faults: list[Fault] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether this is the sample that must have been drawn."""
        return self.sample is not None and not self.faults

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        found = {"holds": self.holds, "inspection": self.inspection, "size": self.size, "witnesses": list(self.witnesses)}
        found |= {"late": self.late, "faults": [{"code": fault.code, "detail": fault.detail} for fault in self.faults]}
        if self.sample is not None:
            found["population"] = self.sample.population
            found["sample"] = [{"id": each.id, "entry": each.index, "stratum": each.stratum} for each in self.sample.drawn]
        return found

    def lines(self, lang: str) -> list[str]:
        """For people, `zh` or `en`."""
        said = [SAID["fails" if not self.holds else "early_draw" if self.early else "holds"][lang]]
        said += [f"✗ {SAID[fault.code][lang].format(detail=fault.detail)}" for fault in self.faults]
        if self.sample is not None:
            count = {"size": self.size, "population": self.sample.population, "drawn": len(self.sample.drawn)}
            said.append(SAID["drawn"][lang].format(**count))
            said.append(SAID["late"][lang].format(late=self.late))
            named = ", ".join(self.witnesses)
            said.append(SAID["witnessed" if named else "no_witness"][lang].format(witnesses=named))
            said += [f"  {each.stratum} {each.id} (#{each.index})" for each in self.sample.drawn]
        return said


@dataclass(frozen=True, slots=True)
class _Told:
    index: int
    event: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.event["data"])


def redraw(bundle: Path, inspection: str, secret: bytes | None = None) -> Redrawn:
    """Draw again; with a secret that was not told yet, draw before it is. Raises Wrong for what is no bundle of a whole log."""
    found, told = Redrawn(inspection, early=secret is not None), _steps(bundle, inspection)
    needed = [OPENED, ANCHORED] if found.early else list(STEPS)
    missing = [type_ for type_ in needed if type_ not in told]
    if missing:
        found.faults.append(Fault("missing", ", ".join(missing)))
        return found
    opened, anchored, drawn = told[OPENED], told[ANCHORED], told.get(DRAWN)
    found.size, found.witnesses = anchored.data["size"], tuple(anchored.data["witnesses"])
    found.faults += _faults_of_order(opened, anchored, drawn)
    used = secret if secret is not None else _hex(drawn.data["secret"]) if drawn else b""
    if commitment(used) != opened.data["commitment"]:
        found.faults.append(Fault("commitment"))
    members, root = _members(bundle, opened, found)
    if root.hex() != anchored.data["root"]:
        found.faults.append(Fault("root", str(found.size)))
    found.sample = draw(seed_of(used, root), members.members())
    if drawn is not None:
        found.faults += _faults_of_sample(found.sample, drawn.data)
    return found


def _faults_of_order(opened: _Told, anchored: _Told, drawn: _Told | None) -> list[Fault]:
    """The steps in their order in the log: the checkpoint holds the opening, and stands before the secret is told."""
    faults = []
    if opened.data["rule"] != VERSION:
        faults.append(Fault("rule", opened.data["rule"]))
    after = drawn.index if drawn is not None else anchored.index + 1
    if not opened.index < anchored.data["size"] <= anchored.index < after:
        faults.append(Fault("order", f"#{opened.index}, {anchored.data['size']}, #{anchored.index}, #{after}"))
    if _day(anchored.event) <= opened.data["last_day"]:
        faults.append(Fault("early", _day(anchored.event)))
    if drawn is not None and any(anchored.data[name] != drawn.data[name] for name in ("origin", "size", "root")):
        faults.append(Fault("another_checkpoint"))
    return faults


def _faults_of_sample(sample: Sample, said: dict[str, Any]) -> list[Fault]:
    faults = []
    if (sample.population, sample.digest) != (said["population"], said["digest"]):
        faults.append(Fault("population", f"{said['population']} / {sample.population}"))
    if [each.id for each in sample.drawn] != said["sample"]:
        faults.append(Fault("sample"))
    return faults


def _steps(bundle: Path, inspection: str) -> dict[str, _Told]:
    """The inspection's own entries, told by the audit service; of two of one type the earlier."""
    told: dict[str, _Told] = {}
    for index, event in events_of(bundle):
        if event["subject"] == inspection and _is_step(event):
            told.setdefault(event["type"], _Told(index, event))
    return told


def events_of(bundle: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Index and event of every entry that is one. Raises Wrong when the file is no bundle of a whole log."""
    for start, bodies in _bundles(bundle):
        for index, body in enumerate(bodies, start):
            event = _event(body)
            if event is not None:
                yield index, event


def _is_step(event: dict[str, Any]) -> bool:
    said = STEPS.get(event["type"])
    if said is None or not event["source"].endswith("/audit"):
        return False
    return all(type(event["data"].get(name)) is kind for name, kind in said.items())


def _members(bundle: Path, opened: _Told, found: Redrawn) -> tuple[Population, bytes]:
    """The population below the checkpoint, and the root the entries give there."""
    said = opened.data
    county = opened.event["source"].split("/")[2]
    members = Population(Span(county, said["scope"], said["first_day"], said["last_day"]))
    edge, first = Edge(), None
    for start, bodies in _bundles(bundle):
        edge.extend(leaf_hashes(bodies[: max(0, found.size - start)]))
        for index, body in enumerate(bodies, start):
            if index >= found.size:
                break
            event = _event(body)
            if event is None:
                continue
            members.take(index, event)
            if first is None and index >= opened.index and _day(event) > said["last_day"]:
                first = index
    found.late = 0 if first is None else max(0, found.size - first - 1)
    return members, edge.root()


def _event(body: bytes) -> dict[str, Any] | None:
    try:
        return read_entry(body)
    except Wrong:
        return None


def _bundles(bundle: Path) -> Iterator[tuple[int, list[bytes]]]:
    """The entries of the log as they lie in the file: the index of the first and the bodies, bundle by bundle."""
    at, size = 0, -1
    try:
        with tarfile.open(bundle, "r|") as file:
            for member in file:
                if member.name == tar.CHECKPOINT:
                    size = _checkpoint(_bytes(file, member, GREATEST_NOTE)).size
                elif member.name.startswith(_BUNDLES):
                    bodies = list(unpack(_bytes(file, member, _GREATEST_BUNDLE)))
                    yield at, bodies
                    at += len(bodies)
    except tarfile.TarError as error:
        raise Wrong("no_bundle", type(error).__name__) from error
    if at != size:
        raise Wrong("not_the_whole_log", f"{at} / {size}")


def _checkpoint(note: bytes) -> Checkpoint:
    return parse_checkpoint(parse_note(note).text)


def _bytes(file: tarfile.TarFile, member: tarfile.TarInfo, most: int) -> bytes:
    held = file.extractfile(member) if member.isreg() and member.size <= most else None
    if held is None:
        raise Wrong("no_bundle", member.name[:80])
    return held.read()


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _day(event: dict[str, Any]) -> str:
    try:
        return county_day_of_hour(event["time"][:13])
    except (ValueError, OverflowError):
        return ""

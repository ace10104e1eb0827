"""What the verifier found, for people (Chinese or English) and for programs (JSON)."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from services.audit.model.policy import Seen
from services.audit.model.selection import SPAN, THING, Selection
from services.audit.verifier.days import Counted
from services.audit.verifier.words import FINDINGS, LINES

MOST_FINDINGS = 1_000
MOST_DAYS_SHOWN = 5
_COUNTY_TIME = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold: its kind, the file and place in the bundle, the entry it concerns (from 0) if any."""

    code: str
    place: str = ""
    entry: int | None = None
    detail: str = ""

    def line(self, lang: str) -> str:
        """One sentence, `zh` or `en`."""
        return FINDINGS[self.code][lang].format(place=self.place, entry=self.entry, detail=self.detail)


@dataclass(frozen=True)
class Witnessed:
    """A witness that cosigned the checkpoint, and when it says it did (county time; empty when it states none)."""

    name: str
    at: str


def witnessed(seen: Seen) -> Witnessed:
    """A cosignature as it is shown."""
    try:
        at = str(datetime.fromtimestamp(seen.seconds, _COUNTY_TIME)) if seen.seconds else ""
    except (OverflowError, ValueError, OSError):
        at = ""
    return Witnessed(seen.key.name, at)


@dataclass
class Report:
    """The outcome. `holds` only when everything was looked at and nothing found.

    `sound`: signature, tree and every entry's bytes are right. Only then are chains and days judged (`judged`): a damaged
    copy would show holes that the log does not have. `whole_things`: how many of the `subjects` have every revision from
    the first on. `elsewhere`, of a part of the log: what these chains and days lack here and may well have in the log.
    """

    origin: str = ""
    size: int = 0
    root: str = ""
    selection: Selection | None = None
    checked: int = 0
    naming: int = 0
    subjects: int = 0
    whole_things: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    days: dict[str, Counted] = field(default_factory=dict)
    witnesses: list[Witnessed] = field(default_factory=list)
    witnesses_known: int = 0
    earlier_size: int | None = None
    finished: bool = False
    sound: bool = True
    judged: bool = False
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    elsewhere: list[Finding] = field(default_factory=list)
    more_elsewhere: int = 0

    @property
    def holds(self) -> bool:
        """Whether an inspector may rely on this bundle."""
        return self.finished and self.sound and self.judged and not self.findings

    def damage(self, finding: Finding) -> None:
        """Note that the copy, or the log itself, is not what was signed."""
        self.sound = False
        self.add(finding)

    def add(self, finding: Finding) -> None:
        """Note a finding; beyond a thousand they are only counted."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)
        else:
            self.more += 1

    def lacks(self, finding: Finding) -> None:
        """Note what is not there: a fault of the whole log, of a part only what it cannot show."""
        if self.selection is None:
            self.add(finding)
        elif len(self.elsewhere) < MOST_FINDINGS:
            self.elsewhere.append(finding)
        else:
            self.more_elsewhere += 1

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"holds": self.holds, **asdict(self), "seconds": round(self.seconds, 3)}

    def lines(self, lang: str) -> list[str]:
        """For people: what holds, what does not and by which entry, what is proven and what cannot be."""
        said = {key: text[lang] for key, text in LINES.items()}
        holds = "holds_part" if self.selection else "holds"
        lines = [said[holds if self.holds else "fails"]]
        if self.origin:
            lines.append(said["log"].format(origin=self.origin, size=self.size, root=self.root))
        lines.append(said["checked"].format(checked=self.checked, size=self._expected, subjects=self.subjects))
        lines += [said["source"].format(source=source, count=count) for source, count in self.sources.items()]
        lines += [said["witness"].format(name=each.name, at=each.at or "?") for each in self.witnesses]
        if not self.witnesses_known:
            lines.append(said["no_witness"])
        if self.earlier_size is not None:
            lines.append(said["earlier"].format(size=self.earlier_size))
        lines += [f"✗ {finding.line(lang)}" for finding in self.findings]
        if self.more:
            lines.append(said["more"].format(count=self.more))
        return lines + (self._proven(said, lang) if self.judged else [said["not_judged"]])

    @property
    def _expected(self) -> int:
        return self.selection.entries if self.selection else self.size

    def _proven(self, said: dict[str, str], lang: str) -> list[str]:
        """What follows from a sound bundle, source by source and thing by thing, and what does not."""
        lines = [line for source, counted in self.days.items() for line in _days(said, source, counted)]
        if not self.days and (self.selection is None or self.selection.kind == SPAN):
            lines.append(said["no_days"])
        if self.selection is None:
            return [*lines, said["whole"] if self.holds else said["tree_whole"]]
        part, words = self.selection, {**asdict(self.selection), "naming": self.naming}
        lines.append(said[f"part_{part.kind}"].format(**words))
        if part.kind == THING and part.entries and not self.naming:
            lines.append(said["part_unnamed"].format(**words))
        if part.kind != SPAN:
            lines.append(said["part_chosen"])
        lines.append(said["part_chains"].format(whole=self.whole_things, rest=self.subjects - self.whole_things))
        lines += [f"… {finding.line(lang)}" for finding in self.elsewhere]
        return [*lines, said["more"].format(count=self.more_elsewhere)] if self.more_elsewhere else lines


def _days(said: dict[str, str], source: str, counted: Counted) -> list[str]:
    words = {"source": source, "first": counted.first, "through": counted.through}
    lines = [said["days" if counted.through else "days_none"].format(**words)]
    for name, days in (("days_uncounted", counted.uncounted), ("days_differing", counted.differing)):
        if days:
            shown = ", ".join(days[:MOST_DAYS_SHOWN]) + (f" (+{len(days) - MOST_DAYS_SHOWN})" if days[MOST_DAYS_SHOWN:] else "")
            lines.append(said[name].format(days=shown))
    return lines

"""What the verifier found, for people (Chinese or English) and for programs (JSON)."""

from dataclasses import asdict, dataclass, field
from typing import Any

from services.audit.verifier.words import FINDINGS, LINES

MOST_FINDINGS = 1_000


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


@dataclass
class Report:
    """The outcome. `holds` only when everything was looked at and nothing found.

    `sound`: signature, tree and every entry's bytes are right. Only then are chains judged (`judged`): a damaged copy
    would show holes that the log does not have.
    """

    origin: str = ""
    size: int = 0
    root: str = ""
    checked: int = 0
    subjects: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    earlier_size: int | None = None
    finished: bool = False
    sound: bool = True
    judged: bool = False
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    more: int = 0

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

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"holds": self.holds, **asdict(self), "seconds": round(self.seconds, 3)}

    def lines(self, lang: str) -> list[str]:
        """For people: what holds, what does not and by which entry."""
        said = {key: text[lang] for key, text in LINES.items()}
        lines = [said["holds" if self.holds else "fails"]]
        if self.origin:
            lines.append(said["log"].format(origin=self.origin, size=self.size, root=self.root))
        lines.append(said["checked"].format(checked=self.checked, size=self.size, subjects=self.subjects))
        lines += [said["source"].format(source=source, count=count) for source, count in self.sources.items()]
        if self.earlier_size is not None:
            lines.append(said["earlier"].format(size=self.earlier_size))
        lines += [f"✗ {finding.line(lang)}" for finding in self.findings]
        if self.more:
            lines.append(said["more"].format(count=self.more))
        if not self.judged:
            lines.append(said["not_judged"])
        return lines

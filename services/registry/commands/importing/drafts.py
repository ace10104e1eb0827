"""What a batch of rows will write, before it is written: documents still open, so that keys can be made in bulk first."""

from dataclasses import dataclass, field

from services.registry.desk import Doc
from services.registry.model.person_content import Content

RECIPIENT, RELATIVE, VOLUNTEER = "", "J", "Z"
"""Letters of the three series of 春雨编号: `360124103-000123`, `360124103-J000123` (家属), `360124103-Z000012` (志愿者)."""


@dataclass(slots=True)
class Draft:
    """A document and its closed content. `was` is the revision it replaces, 0 for a new one; `under` whose key seals it."""

    doc: Doc
    content: Content
    under: str
    was: int = 0

    @property
    def id(self) -> str:
        """Id of the thing."""
        return str(self.doc["_id"])


@dataclass(slots=True)
class Plan:
    """All of a batch. `seen` is the mark of the imports' guard when the known were read: another one since, and it is stale."""

    seen: int
    people: dict[str, Draft] = field(default_factory=dict)
    kinships: list[Draft] = field(default_factory=list)
    volunteers: list[Draft] = field(default_factory=list)
    wishes: list[Draft] = field(default_factory=list)
    to_mend: dict[str, list[str]] = field(default_factory=dict)
    rows: list[tuple[str, int, str]] = field(default_factory=list)
    elsewhere: list[tuple[str, int]] = field(default_factory=list)
    registered: int = 0
    changed: int = 0
    refused: int = 0

    @property
    def new_people(self) -> list[str]:
        """Whose keys must be made before anything is sealed."""
        return [draft.id for draft in self.people.values() if not draft.was]

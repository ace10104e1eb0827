"""One row of a sheet while it is read: its cells by field, and the faults found in them so far.

Each reading gives the good value or nothing, and notes the fault; a bad value never leaves this module except as `found`.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from services.registry.model.categories import Category, CategoryNote, split_categories
from services.registry.model.day import Birth, read_birth
from services.registry.model.id_number import IdNumber, birth_digits
from services.registry.model.phone import PhoneNumber, split_phones
from services.registry.model.roster_columns import Header
from services.registry.model.roster_faults import KINDS, FaultKind, RosterFault
from services.registry.model.sex import Sex, read_sex
from services.registry.model.text import clean, is_nothing
from services.registry.model.villages import Village, VillageIndex
from shared.errors import Refused

LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as plain text; `rows[0]` is the sheet's row 1. `numbers` and `broken` hold (row, column index) of cells
    that were kept as numbers, and of formulas without a value or with an error."""

    name: str
    rows: Sequence[Sequence[str]]
    numbers: AbstractSet[tuple[int, int]] = frozenset()
    broken: AbstractSet[tuple[int, int]] = frozenset()


@dataclass(slots=True)
class RowReading:
    """The row `row` of `sheet` under `header`; `faults` grows as fields are read."""

    sheet: Sheet
    header: Header
    row: int
    faults: list[RosterFault] = field(default_factory=list)

    def sent(self, name: str) -> str:
        """The cell as sent, "" when the sheet has no such column."""
        cells, index = self.sheet.rows[self.row - 1], self.header.columns.get(name)
        return cells[index] if index is not None and index < len(cells) else ""

    def has(self, name: str) -> bool:
        """Whether the sheet has the column at all."""
        return name in self.header.columns

    def text(self, name: str) -> str:
        """The cell's words cleaned, "" for nothing or for a word that means nothing."""
        words = clean(self.sent(name))
        return "" if is_nothing(words) else words

    def wrong(self, name: str, kind: FaultKind, where: str = "") -> None:
        """Note a fault in the column of `name`; `where` goes before what to do."""
        index, words = self.header.columns.get(name, -1), KINDS[kind]
        title = self.header.titles[index] if index >= 0 else ""
        self.faults.append(
            RosterFault(self.sheet.name, self.row, title, kind, words.severity, self.sent(name), where + words.do)
        )

    def check_cells(self, fields: Iterable[str]) -> None:
        """Note cells that hold no readable value or more text than we keep."""
        for name in fields:
            if (self.row, self.header.columns[name]) in self.sheet.broken:
                self.wrong(name, FaultKind.CELL_UNREADABLE)

    def words(self, name: str) -> str:
        """Free text to keep; text longer than 500 characters is not cut but given back."""
        words = self.text(name)
        if len(words) <= LONGEST_TEXT:
            return words
        self.wrong(name, FaultKind.TEXT_LONG)
        return ""

    def phones(self, name: str, expected: bool) -> tuple[PhoneNumber, ...]:
        """The good numbers of the cell; an empty cell is a fault only where a number is `expected`."""
        good: list[PhoneNumber] = []
        numbers = split_phones(self.sent(name)) if self.text(name) else []
        if not numbers and expected and self.has(name):
            self.wrong(name, FaultKind.PHONE_MISSING)
        for number in numbers:
            try:
                good.append(PhoneNumber.read(number))
            except Refused as refused:
                self.wrong(name, FaultKind(refused.faults[0].code))
        return tuple(dict.fromkeys(good))

    def id_number(self) -> IdNumber | None:
        """The number when it holds."""
        if not self.text("id_number"):
            if self.has("id_number"):
                self.wrong("id_number", FaultKind.ID_MISSING)
            return None
        try:
            return IdNumber.read(self.sent("id_number"))
        except Refused as refused:
            self.wrong("id_number", FaultKind(refused.faults[0].code))
            return None

    def sex(self, id_number: IdNumber | None) -> Sex | None:
        """The ID number's when it holds: it is checked, the cell beside it is not. Else the cell's."""
        told = read_sex(self.text("sex"))
        if told and id_number and told != id_number.sex:
            self.wrong("sex", FaultKind.SEX_CONFLICT)
        return id_number.sex if id_number else told

    def birth(self, id_number: IdNumber | None) -> Birth | None:
        """The ID number's day when it holds, else what the cell tells with the help of the digits of a spoilt one."""
        told = self._birth_told(id_number) if self.text("birth") else None
        return Birth.of(id_number.birth) if id_number else told

    def _birth_told(self, id_number: IdNumber | None) -> Birth | None:
        digits = birth_digits(self.sent("id_number"))
        as_number = (self.row, self.header.columns["birth"]) in self.sheet.numbers
        try:
            return read_birth(self.text("birth"), digits, id_number is not None, as_number)
        except Refused as refused:
            self.wrong("birth", FaultKind(refused.faults[0].code))
            return None

    def village(self, name: str, villages: VillageIndex, township: str) -> Village | None:
        """The village meant, or a fault; a blank cell in a column that is there is a fault too."""
        found = villages.find(self.text(name), township) if self.text(name) else None
        if found is None and self.has(name) and villages.villages:
            self.wrong(name, FaultKind.VILLAGE_UNKNOWN)
        return found

    def categories(self, name: str, spellings: Mapping[str, Category], strict: bool) -> list[CategoryNote]:
        """The categories named in a cell; in a `strict` one an unheard-of word is a fault (once), in a note it is not."""
        words = split_categories(self.text(name))
        known = [CategoryNote(spellings[word], name, self.text(name)) for word in words if word in spellings]
        if strict and len(known) < len(words):
            self.wrong(name, FaultKind.CATEGORY_UNKNOWN)
        return known

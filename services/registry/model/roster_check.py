"""A whole roster: which sheets are read, which rows are rows, what is wrong in each, who comes twice. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.registry.model.roster_cells import RowReading, Sheet
from services.registry.model.roster_columns import NUMBER_HEADER, ROW_HEADER, Header, RosterKind, find_header, header_key
from services.registry.model.roster_faults import REFUSED, FaultKind, RosterFault
from services.registry.model.roster_readers import Places, read_row
from services.registry.model.roster_rows import RosterRow
from services.registry.model.roster_same import Sameness, asking_key, row_keys, same_person
from services.registry.model.text import folded, is_nothing
from services.registry.model.villages import VillageIndex
from shared.errors import Fault, Refused

NOT_A_ROW = ("合计", "总计", "小计", "共计", "填报", "填表", "制表", "审核", "负责人", "注:", "备注:", "说明:")
COUNTERS = frozenset(header_key(word) for word in ("序号", "编号", ROW_HEADER))


@dataclass(frozen=True, slots=True)
class SheetReport:
    """A sheet that was read: its columns as sent, and the cells as sent of each row with a fault."""

    name: str
    kind: RosterKind
    titles: tuple[str, ...]
    originals: Mapping[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class FileReport:
    """What a file holds. `rows` counts everyone listed, refused ones too; `people` are those to register; `notes` say in
    Chinese what was not read (hidden sheets, sheets that are no roster)."""

    file: str
    rows: int = 0
    faults: tuple[RosterFault, ...] = ()
    people: tuple[RosterRow, ...] = ()
    sheets: tuple[SheetReport, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def refused(self) -> int:
        """Rows not registered."""
        return len({(fault.sheet, fault.row) for fault in self.faults if fault.severity == REFUSED})

    def to_json(self) -> dict[str, object]:
        """One entry of `springrain import --check --json`."""
        return {"file": self.file, "rows": self.rows, "faults": [fault.to_json() for fault in self.faults]}


def check_sheets(file: str, sheets: Sequence[Sheet], villages: VillageIndex, notes: Sequence[str] = ()) -> FileReport:
    """Raises Refused when no sheet is a roster (`no_columns`), or one lacks a column it needs (`columns_missing`)."""
    headers = {sheet.name: find_header(sheet.rows) for sheet in sheets}
    _refuse_without_columns(headers)
    strange = [f"工作表“{name}”不是名册，未读取。" for name, header in headers.items() if header is None]
    check = _Check(file, villages)
    for sheet in sheets:
        if header := headers[sheet.name]:
            check.sheet(sheet, header)
    people, faults = tuple(check.people), tuple(check.faults)
    return FileReport(file, check.rows, faults, people, tuple(check.sheets), (*notes, *strange))


def _refuse_without_columns(headers: Mapping[str, Header | None]) -> None:
    read = {name: header for name, header in headers.items() if header}
    if not read:
        do = "表头要有“姓名、村（居）、身份证号码”等列；志愿者名册要有“姓名、手机号”和支部或企业。"
        raise Refused.field("file", "no_columns", "no sheet has the columns of a roster", do)
    missing = {name: header.missing for name, header in read.items() if header.missing}
    if missing:
        words = "；".join(f"工作表“{name}”缺少列：{'、'.join(columns)}" for name, columns in missing.items())
        faults = [Fault("file", "columns_missing", words, "补上这些列后再导入。")]
        raise Refused("the roster lacks columns", *faults)


@dataclass(slots=True)
class _Check:
    file: str
    villages: VillageIndex
    rows: int = 0
    faults: list[RosterFault] = field(default_factory=list)
    people: list[RosterRow] = field(default_factory=list)
    sheets: list[SheetReport] = field(default_factory=list)
    _known: dict[str, RosterRow] = field(default_factory=dict)

    def sheet(self, sheet: Sheet, header: Header) -> None:
        """Read every row below the header."""
        places = Places(self.villages, self._township(sheet, header))
        originals: dict[int, tuple[str, ...]] = {}
        for number in _row_numbers(sheet, header):
            if self._row(RowReading(sheet, header, number), places):
                originals[number] = tuple(sheet.rows[number - 1])
        self.sheets.append(SheetReport(sheet.name, header.kind, header.titles, originals))

    def _township(self, sheet: Sheet, header: Header) -> str:
        """From the title rows, else from the file's name."""
        titles = " ".join(cell for row in sheet.rows[: header.at] for cell in row)
        found = self.villages.township_in(titles) or self.villages.township_in(self.file)
        return found.code if found else ""

    def _row(self, reading: RowReading, places: Places) -> bool:
        """True when the row has a fault."""
        self.rows += 1
        row = read_row(reading, places)
        again = self._sameness(row) if row.name else Sameness.DIFFERENT
        if again is Sameness.SAME:
            reading.faults.clear()  # nothing of this row is registered, so nothing else of it needs mending
            reading.wrong("name", FaultKind.DUPLICATE_OF_PREVIOUS)
        elif again is Sameness.ASK:
            row = self._asked(reading, row)
        if not any(fault.severity == REFUSED for fault in reading.faults):
            self.people.append(row)
            self._remember(row)
        self.faults.extend(reading.faults)
        return bool(reading.faults)

    def _asked(self, reading: RowReading, row: RosterRow) -> RosterRow:
        """Maybe the same person: registered until somebody has looked, but never with an ID number another row has."""
        taken = row.id_number is not None and any(key.startswith("id|") and key in self._known for key in row_keys(row))
        reading.wrong("id_number" if taken else "name", FaultKind.MAYBE_DUPLICATE)
        return replace(row, id_number=None) if taken else row

    def _sameness(self, row: RosterRow) -> Sameness:
        keys = (f"number|{row.number}" if row.number else "", *row_keys(row), asking_key(row))
        found = {same_person(known, row) for key in keys if (known := self._known.get(key))}
        return next((answer for answer in (Sameness.SAME, Sameness.ASK) if answer in found), Sameness.DIFFERENT)

    def _remember(self, row: RosterRow) -> None:
        for key in (f"number|{row.number}" if row.number else "", *row_keys(row), asking_key(row)):
            if key:
                self._known.setdefault(key, row)


def _row_numbers(sheet: Sheet, header: Header) -> Iterator[int]:
    """The rows that list somebody: not blank ones, not those only numbered, no totals, no header repeated."""
    counters = {at for at, title in enumerate(header.titles) if header_key(title) in COUNTERS or title == NUMBER_HEADER}
    counters -= {header.columns["name"]}
    for at in range(header.at + 1, len(sheet.rows)):
        cells = sheet.rows[at]
        first = next((cell for cell in cells if cell.strip()), "")
        if not first or folded(first).startswith(NOT_A_ROW) or list(cells) == list(header.titles):
            continue
        if any(not is_nothing(cell) for index, cell in enumerate(cells) if index not in counters):
            yield at + 1

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
from services.registry.model.villages import Township, VillageIndex
from shared.errors import Fault, Refused

NOT_A_ROW = ("合计", "总计", "小计", "共计", "填报", "填表", "制表", "审核", "负责人", "注:", "备注:", "说明:")
COUNTERS = frozenset(header_key(word) for word in ("序号", "编号", ROW_HEADER))


@dataclass(frozen=True, slots=True)
class SheetReport:
    """A sheet that was read: its columns as sent, the township that sent it (name, or ""), and the cells as sent of
    each row with a fault."""

    name: str
    kind: RosterKind
    township: str
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
        township = self._township(sheet, header)
        places = Places(self.villages, township.code if township else "")
        originals: dict[int, tuple[str, ...]] = {}
        for number in _row_numbers(sheet, header):
            for row in self._row(RowReading(sheet, header, number), places):
                originals[row] = tuple(sheet.rows[row - 1])
        originals = dict(sorted(originals.items()))
        sent_by = township.name if township else ""
        self.sheets.append(SheetReport(sheet.name, header.kind, sent_by, header.titles, originals))

    def _township(self, sheet: Sheet, header: Header) -> Township | None:
        """From the title rows, else from the file's name."""
        titles = " ".join(cell for row in sheet.rows[: header.at] for cell in row)
        return self.villages.township_in(titles) or self.villages.township_in(self.file)

    def _row(self, reading: RowReading, places: Places) -> list[int]:
        """The rows of this sheet that somebody must look at: none when all is well, else this one, and with it the one
        it repeats."""
        self.rows += 1
        row = read_row(reading, places)
        again, known = self._sameness(row, _keys(row)) if row.name else (Sameness.DIFFERENT, None)
        if known and again is Sameness.SAME:
            reading.faults.clear()  # nothing of this row is registered, so nothing else of it needs mending
            reading.wrong("name", FaultKind.DUPLICATE_OF_PREVIOUS, _at(known))
        elif known and again is Sameness.ASK:
            row = self._asked(reading, row, known)
        if not any(fault.severity == REFUSED for fault in reading.faults):
            self.people.append(row)
            self._remember(row)
        self.faults.extend(reading.faults)
        beside = [known.row] if known and known.sheet == reading.sheet.name else []
        return [*beside, reading.row] if reading.faults else []

    def _asked(self, reading: RowReading, row: RosterRow, known: RosterRow) -> RosterRow:
        """Maybe the same person: registered until somebody has looked, but never with an ID number another row has."""
        taken = row.id_number is not None and row.id_number == known.id_number
        reading.wrong("id_number" if taken else "name", FaultKind.MAYBE_DUPLICATE, _at(known))
        return replace(row, id_number=None) if taken else row

    def _sameness(self, row: RosterRow, keys: Sequence[str]) -> tuple[Sameness, RosterRow | None]:
        found: tuple[Sameness, RosterRow | None] = (Sameness.DIFFERENT, None)
        for known in {id(one): one for key in keys if (one := self._known.get(key))}.values():
            answer = same_person(known, row)
            if answer is Sameness.SAME:
                return answer, known
            if answer is Sameness.ASK and found[1] is None:
                found = (answer, known)
        return found

    def _remember(self, row: RosterRow) -> None:
        for key in _keys(row):
            self._known.setdefault(key, row)


def _keys(row: RosterRow) -> list[str]:
    return [*([f"number|{row.number}"] if row.number else []), *row_keys(row), asking_key(row)]


def _at(row: RosterRow) -> str:
    return f"见{row.sheet}第{row.row}行。"


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

"""`springrain import --check`: a file's bytes in, its report out. Changes nothing, keeps nothing."""

import csv
from pathlib import Path

from services.registry.model.roster_check import FileReport, check_sheets
from services.registry.model.villages import Township, Village, VillageIndex
from services.registry.roster.reading import read_sheets

NO_VILLAGES = VillageIndex((), ())


def check_file(name: str, content: bytes, villages: VillageIndex = NO_VILLAGES) -> FileReport:
    """Everyone the file lists and what is wrong in it. Without `villages` no village is looked for (and none is wrong).
    Raises Refused when the file as a whole cannot be read, with what to do about it."""
    sheets, notes = read_sheets(name, content)
    return check_sheets(name, sheets, villages, notes)


def load_villages(folder: Path) -> VillageIndex:
    """The county's divisions from `townships.csv` and `villages.csv` in `folder`."""
    townships = [Township(row["code"], row["name"]) for row in _rows(folder / "townships.csv")]
    villages = [Village(row["code"], row["name"], row["township_code"]) for row in _rows(folder / "villages.csv")]
    return VillageIndex(townships, villages)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))

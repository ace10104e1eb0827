"""From a row of each of the three rosters to a RosterRow. Reads every column we know; notes every fault; guesses nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from services.registry.model.availability import read_free_time
from services.registry.model.categories import CHILD_SPELLINGS, ELDER_SPELLINGS, CategoryNote, ElderCategory
from services.registry.model.needs import Ability, read_ability, read_needs
from services.registry.model.relations import PARENTS, Presence, Role, Standing, presence_by_work, read_role
from services.registry.model.roster_cells import RowReading
from services.registry.model.roster_columns import ROSTERS, RosterKind
from services.registry.model.roster_faults import FaultKind
from services.registry.model.roster_rows import ChildPart, ElderPart, RosterRelative, RosterRow, VolunteerPart
from services.registry.model.text import clean, folded, name_as_written
from services.registry.model.villages import VillageIndex, split_group
from services.registry.model.volunteers import BY_POLITICS, VolunteerType, province_of

LONGEST_NAME = 40
_UNLIKELY = re.compile(r"[0-9０-９=＝+＋@＠<>{}\[\]$|\\/_#%^&*~!?？！]|^-")
_SKILLS = re.compile(r"[、,，;；/]")


@dataclass(frozen=True, slots=True)
class Places:
    """Where the roster comes from: the county's villages and the township (its code, or "") that sent the file."""

    villages: VillageIndex
    township: str


def read_row(reading: RowReading, places: Places) -> RosterRow:
    """The row's person; its faults are in `reading`. A row refused still gives what it says, for comparing."""
    reading.check_cells(name for name in ROSTERS[reading.header.kind] if reading.has(name))
    return READERS[reading.header.kind](reading, _common(reading, places))


def _common(reading: RowReading, places: Places) -> RosterRow:
    where = "branch" if reading.header.kind is RosterKind.VOLUNTEERS else "village"
    id_number = reading.id_number()
    village = reading.village(where, places.villages, places.township)
    return RosterRow(
        kind=reading.header.kind,
        sheet=reading.sheet.name,
        row=reading.row,
        name=_name(reading),
        number=clean(reading.sent("number")),
        sex=reading.sex(id_number),
        birth=reading.birth(id_number),
        id_number=id_number,
        village=village.code if village else "",
        village_words=reading.words(where),
        group=split_group(reading.text(where))[1],
        note=reading.words("note"),
    )


def _name(reading: RowReading) -> str:
    name = name_as_written(reading.text("name"))
    if not name or len(name) > LONGEST_NAME:
        reading.wrong("name", FaultKind.NAME_MISSING)
        return ""
    if _UNLIKELY.search(name):
        reading.wrong("name", FaultKind.NAME_UNLIKELY)
    return name


def _adult_name(reading: RowReading, field: str) -> str:
    return name_as_written(reading.text(field))[:LONGEST_NAME]


def _elder(reading: RowReading, common: RosterRow) -> RosterRow:
    ability = read_ability(reading.text("ability"))
    difficulty = reading.words("difficulty")
    notes = reading.categories("category", ELDER_SPELLINGS, True) + reading.categories("note", ELDER_SPELLINGS, False)
    if ability is Ability.UNABLE:
        notes.append(CategoryNote(ElderCategory.DISABLED_CARE, "ability", reading.text("ability")))
    return replace(
        common,
        categories=_first_of_each(notes),
        phones=reading.phones("own_phone", expected=False),
        relatives=_elders_relative(reading),
        elder=ElderPart(ability, read_needs(difficulty), difficulty, _adult_name(reading, "paired_member")),
    )


def _first_of_each(notes: list[CategoryNote]) -> tuple[CategoryNote, ...]:
    return tuple({note.category: note for note in reversed(notes)}.values())[::-1]


def _elders_relative(reading: RowReading) -> tuple[RosterRelative, ...]:
    name, work = _adult_name(reading, "relative"), reading.words("relative_work")
    phones = reading.phones("relative_phone", expected=bool(name))
    if not name:
        return ()
    role = read_role(reading.text("relative_role"))
    return (RosterRelative(name, role, Standing.FAMILY, presence_by_work(work), 1, phones, work),)


def _child(reading: RowReading, common: RosterRow) -> RosterRow:
    notes = tuple(reading.categories("category", CHILD_SPELLINGS, True))
    relatives = _childs_relatives(reading)
    return replace(
        common,
        categories=_first_of_each(list(notes)),
        relatives=relatives,
        child=ChildPart(
            roster_id=reading.text("roster_id")[:LONGEST_NAME],
            school=reading.words("school"),
            wish=reading.words("wish"),
            feelings=reading.words("feelings"),
            no_adult_in_house=all(relative.presence is Presence.AWAY for relative in relatives),
        ),
    )


def _childs_relatives(reading: RowReading) -> tuple[RosterRelative, ...]:
    carer, work = _carer(reading), reading.words("parents_work")
    found = [carer] if carer else []
    for role in (Role.FATHER, Role.MOTHER):
        name = _adult_name(reading, role.value)
        phones = reading.phones(f"{role.value}_phone", expected=bool(name))
        if name and not (carer and carer.role is role):
            away = presence_by_work(work)
            found.append(RosterRelative(name, role, Standing.LEGAL_GUARDIAN, away, len(found) + 1, phones, work))
    return tuple(found)


def _carer(reading: RowReading) -> RosterRelative | None:
    name = _adult_name(reading, "guardian")
    phones = reading.phones("guardian_phone", expected=bool(name))
    if not name:
        reading.wrong("guardian", FaultKind.GUARDIAN_MISSING)
        return None
    role = read_role(reading.text("guardian_role"))
    standing = Standing.LEGAL_GUARDIAN if role in PARENTS else Standing.ENTRUSTED_CARER
    return RosterRelative(name, role, standing, Presence.HOME, 1, phones)


def _volunteer(reading: RowReading, common: RosterRow) -> RosterRow:
    company, politics = reading.words("company"), folded(reading.text("politics"))[:LONGEST_NAME]
    if folded(reading.text("party_member")) == "是":
        politics = politics or "中共党员"
    plain = BY_POLITICS.get(politics, VolunteerType.RESIDENT)
    return replace(
        common,
        phones=reading.phones("own_phone", expected=True),
        volunteer=VolunteerPart(
            type=VolunteerType.ENTERPRISE if company else plain,
            politics=politics,
            branch=reading.words("branch"),
            company=company,
            province=province_of(company),
            skills=tuple(word for word in map(clean, _SKILLS.split(reading.words("skills"))) if word),
            free_time=read_free_time(reading.text("free_time")),
        ),
    )


READERS: dict[RosterKind, Callable[[RowReading, RosterRow], RosterRow]] = {
    RosterKind.ELDERS: _elder,
    RosterKind.CHILDREN: _child,
    RosterKind.VOLUNTEERS: _volunteer,
}

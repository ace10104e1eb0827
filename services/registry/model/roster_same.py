"""Whether two rows mean the same person, and the keys under which a row finds itself again.

So that a roster can be sent, mended and sent again as often as one likes without doubling anyone, and nobody is merged
on a guess: what is not sure is asked.
"""

from collections.abc import Iterable
from enum import StrEnum

from services.registry.model.roster_rows import RosterRow
from services.registry.model.text import folded, name_key


class Sameness(StrEnum):
    """ASK: a person must look; until then they are two."""

    SAME = "same"
    ASK = "ask"
    DIFFERENT = "different"


def same_person(one: RosterRow, other: RosterRow) -> Sameness:
    """The rule, in order: the 春雨编号 decides; then the ID numbers; then the name together with who belongs to them
    (a relative with their phone; in one village a relative, a birth day, or an own phone)."""
    if one.kind is not other.kind:
        return Sameness.DIFFERENT
    if one.number and other.number:
        return Sameness.SAME if one.number == other.number else Sameness.DIFFERENT
    named_alike = name_key(one.name) == name_key(other.name)
    if one.id_number and other.id_number:
        return _by_id(named_alike, one.id_number == other.id_number)
    if not named_alike:
        return Sameness.DIFFERENT
    if set(row_keys(one)) & set(row_keys(other)):
        return Sameness.ASK if _births_differ(one, other) else Sameness.SAME
    return Sameness.ASK if _place(one) == _place(other) and not _births_differ(one, other) else Sameness.DIFFERENT


def _by_id(named_alike: bool, equal: bool) -> Sameness:
    if not equal:
        return Sameness.DIFFERENT
    return Sameness.SAME if named_alike else Sameness.ASK


def _births_differ(one: RosterRow, other: RosterRow) -> bool:
    return bool(one.birth and other.birth and one.birth.whole and other.birth.whole and one.birth != other.birth)


def row_key(row: RosterRow) -> str:
    """The strongest key: equal for the same row however often it comes, as long as it is not mended."""
    return row_keys(row)[0]


def row_keys(row: RosterRow) -> tuple[str, ...]:
    """Strongest first; a mended row shares at least one with what it was. Holds personal data: store it sealed or keyed
    (HMAC). A shared key makes two rows candidates; `same_person` decides."""
    return tuple(dict.fromkeys((*_id_key(row), *_belonging(row), *_bare(row))))


def asking_key(row: RosterRow) -> str:
    """Name and place: rows that share it may be one person and must be compared."""
    return _join("place", row, _place(row))


def _id_key(row: RosterRow) -> Iterable[str]:
    if row.id_number:
        yield f"id|{row.kind}|{row.id_number}"


def _belonging(row: RosterRow) -> Iterable[str]:
    for relative in row.relatives:
        yield from (_join("line", row, name_key(relative.name), str(phone)) for phone in relative.phones)
        if _place(row):
            yield _join("kin", row, _place(row), name_key(relative.name))
    yield from (_join("phone", row, str(phone)) for phone in row.phones)
    if row.birth and row.birth.whole and _place(row):
        yield _join("birth", row, _place(row), str(row.birth))


def _bare(row: RosterRow) -> Iterable[str]:
    """Somebody of whom nothing but name and place is known, such as a volunteer without a phone."""
    if not (row.id_number or row.relatives or row.phones or (row.birth and row.birth.whole and _place(row))):
        yield _join("bare", row, _place(row))


def is_bare(row: RosterRow) -> bool:
    """Whether nothing but name and place is known: then equal keys are a question where somebody can be asked."""
    return row_key(row).startswith("bare|")


def _place(row: RosterRow) -> str:
    company = row.volunteer.company if row.volunteer else ""
    return row.village or folded(row.village_words) or folded(company)


def _join(what: str, row: RosterRow, *parts: str) -> str:
    return "|".join((what, row.kind, name_key(row.name), *parts))

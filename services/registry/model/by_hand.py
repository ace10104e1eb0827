"""One person as a clerk types them: the same values as in a roster, checked the same way, all faults told at once.

Nothing is guessed: what cannot be read is refused here, since somebody sits in front of it who can look again. What is
left out stays as it is known; what is given empty is taken away.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from services.registry.model.bands import NONE, band_of, is_minor
from services.registry.model.categories import Category, CategoryNote, ChildCategory, ElderCategory
from services.registry.model.day import Birth, read_birth
from services.registry.model.id_number import IdNumber
from services.registry.model.person_content import Content, birth_of, categories_of
from services.registry.model.phone import PhoneNumber
from services.registry.model.relations import Presence, Role, Standing
from services.registry.model.risk import LOWEST, risk_of
from services.registry.model.roster_columns import RosterKind
from services.registry.model.roster_faults import KINDS, FaultKind
from services.registry.model.roster_rows import RosterRelative, RosterRow, VolunteerPart
from services.registry.model.text import clean, name_as_written
from shared.errors import Fault, Refused

ELDER, CHILD, VOLUNTEER = "elder", "child", "volunteer"
ROSTERS: Mapping[str, RosterKind] = {
    ELDER: RosterKind.ELDERS,
    CHILD: RosterKind.CHILDREN,
    VOLUNTEER: RosterKind.VOLUNTEERS,
}
ALLOWED: Mapping[str, type[Category]] = {ELDER: ElderCategory, CHILD: ChildCategory}
COLUMN = "by_hand"
"""The column named as the source of a category that came from no roster."""
MENDS: Mapping[str, frozenset[FaultKind]] = {
    "id_number": frozenset({FaultKind.ID_MISSING, FaultKind.ID_FLOAT, FaultKind.ID_CHECKSUM, FaultKind.MAYBE_DUPLICATE}),
    "sex": frozenset({FaultKind.SEX_CONFLICT}),
    "birth": frozenset({FaultKind.BIRTH_UNREADABLE, FaultKind.BIRTH_CONFLICT}),
    "categories": frozenset({FaultKind.CATEGORY_UNKNOWN}),
    "phones": frozenset({FaultKind.PHONE_SHORT, FaultKind.PHONE_MISSING, FaultKind.PHONE_UNREADABLE}),
    "name": frozenset({FaultKind.NAME_UNLIKELY}),
    "guardian": frozenset({FaultKind.GUARDIAN_MISSING}),
}
"""Which faults of a roster's row are off the clerk's list once this field was typed anew, and not empty."""


def read_typed(kind: str, form: Mapping[str, Any]) -> Content:
    """The closed fields among what was typed, "" or [] for one to take away. Raises Refused with every fault."""
    faults: list[Fault] = []
    read: Content = {}
    for name, value in form.items():
        if name in READERS:
            _note(faults, name, lambda name=name, value=value: read.update({name: READERS[name](value)}))  # type: ignore[misc]
    if "categories" in form:
        _note(faults, "categories", lambda: read.update(categories=_categories(kind, form["categories"])))
    if faults:
        raise Refused("what was typed has faults", *faults)
    return read


def _note(faults: list[Fault], field: str, work: Callable[[], None]) -> None:
    try:
        work()
    except Refused as refused:
        faults += [in_chinese(fault, field) for fault in refused.faults]


def in_chinese(fault: Fault, field: str) -> Fault:
    """A value object's fault at this field, in the words of the roster's fault of that kind."""
    if fault.code not in list(FaultKind):
        return Fault(field, fault.code, fault.message, fault.do)
    words = KINDS[FaultKind(fault.code)]
    return Fault(field, fault.code, words.title, words.do)


def _name(text: str) -> str:
    name = name_as_written(text)
    if not name:
        raise Refused.field("name", "missing", "姓名不能空着。", "请填写姓名。")
    return name


def read_phones(texts: Iterable[str]) -> list[str]:
    """The numbers as dialled, each once."""
    return list(dict.fromkeys(str(PhoneNumber.read(text)) for text in texts))


READERS: Mapping[str, Callable[[Any], Any]] = {
    "name": _name,
    "sex": str,
    "birth": lambda text: str(read_birth(text)) if clean(text) else "",
    "id_number": lambda text: str(IdNumber.read(text)) if clean(text) else "",
    "phones": read_phones,
    "place": clean,
    "note": clean,
}


def _categories(kind: str, words: Iterable[str]) -> list[Content]:
    known = ALLOWED.get(kind, ())
    listed = list(dict.fromkeys(words))
    if any(word not in [one.value for one in known] for word in listed):
        raise Refused.field("categories", "not_allowed", "这里没有这样的类别。", "请从列出的类别中选。")
    return [{"category": word, "column": COLUMN, "words": ""} for word in listed]


def joined(known: Content, read: Content) -> Content:
    """What is known with what was typed; a category that stays keeps its source. Raises Refused when birth day or sex are not
    those of the ID number; what only the ID number tells is filled in from it."""
    fresh = {**known, **read}
    sources = {note["category"]: note for note in known.get("categories", ())}
    fresh["categories"] = [sources.get(note["category"], note) for note in fresh.get("categories", ())]
    if fresh.get("id_number"):
        number = IdNumber(fresh["id_number"])
        fresh["sex"] = fresh.get("sex") or number.sex.value
        fresh["birth"] = fresh.get("birth") or str(Birth.of(number.birth))
        _agree(fresh, number)
    return {name: value for name, value in fresh.items() if value}


def _agree(content: Content, number: IdNumber) -> None:
    birth, faults = birth_of(content), []
    if birth and not birth.fits(f"{number.birth:%Y%m%d}"):
        faults.append(in_chinese(Fault("birth", "birth_conflict", ""), "birth"))
    if content["sex"] != number.sex.value:
        faults.append(in_chinese(Fault("sex", "sex_conflict", ""), "sex"))
    if faults:
        raise Refused("these contradict the ID number", *faults)


def follows(kinds: Iterable[str], care: str, content: Content, no_adult: bool, today: date) -> dict[str, Any]:
    """The open fields that follow by rule: minor, band, risk. Who is not in care has no rhythm."""
    child, elder = CHILD in kinds, ELDER in kinds
    minor = child and is_minor(birth_of(content), today)
    if care not in ("active", "paused") or not (child or elder):
        return {"minor": minor, "band": NONE, "risk": LOWEST}
    words = categories_of(content)
    allowed = {one.value: one for one in ALLOWED[CHILD if child else ELDER]}
    risk = risk_of([allowed[word] for word in words if word in allowed], no_adult)
    return {"minor": minor, "band": band_of(child, words), "risk": risk}


def row_of(kind: str, content: Content, village: str, relatives: Iterable[RosterRelative] = ()) -> RosterRow:
    """The person as a roster's row would say it, so that one rule decides who is known. `village` is the code."""
    notes = [note["category"] for note in content.get("categories", ())]
    allowed = {one.value: one for one in ALLOWED.get(kind, ())}
    return RosterRow(
        kind=ROSTERS[kind],
        sheet="",
        row=0,
        name=content["name"],
        birth=birth_of(content),
        id_number=IdNumber(content["id_number"]) if content.get("id_number") else None,
        village=village,
        village_words=content.get("place", ""),
        categories=tuple(CategoryNote(allowed[word], COLUMN, "") for word in notes if word in allowed),
        phones=tuple(PhoneNumber(phone) for phone in content.get("phones", ())),
        relatives=tuple(relatives),
        volunteer=VolunteerPart(company=content.get("employer", "")) if kind == VOLUNTEER else None,
    )


def may_be_same(one: Content, other: Content) -> bool:
    """Whether two of one name and one place may be one person: neither their ID numbers nor what is known of their birth days
    tell them apart (`same_person` of a roster's rows asks here as well)."""
    if one.get("id_number") and other.get("id_number"):
        return bool(one["id_number"] == other["id_number"])
    first, second = str(one.get("birth", "")), str(other.get("birth", ""))
    return first.startswith(second) or second.startswith(first)


def relative_of(name: str, phones: Iterable[str]) -> RosterRelative:
    """A relative as a roster's row would name them; only name and phones decide who is known."""
    numbers = tuple(PhoneNumber(phone) for phone in phones)
    return RosterRelative(name, Role.OTHER, Standing.FAMILY, Presence.UNKNOWN, 1, numbers)


def still_to_mend(wrong: Iterable[str], read: Mapping[str, Any]) -> list[str]:
    """The faults left on the clerk's list after these fields were typed."""
    mended = {fault.value for name, value in read.items() if value for fault in MENDS.get(name, ())}
    return [fault for fault in wrong if fault not in mended]


def nobody_home(presences: Iterable[str]) -> bool:
    """Whether all who are known to belong to a child are away, as a roster's row is read: unknown is no fault."""
    return all(presence == Presence.AWAY.value for presence in presences)

"""What is kept sealed of a person, from a roster's row; how a mended row joins what is known; and what of it is told.

An empty cell never takes away what is known: a bad value is not stored, and silence is no correction.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from services.registry.model.day import Birth
from services.registry.model.roster_rows import RosterRelative, RosterRow

Content = dict[str, Any]
MOST_PHONES, NAME, PLACE, WISH, COMPANY = 5, 60, 80, 200, 80


def content_of(row: RosterRow) -> Content:
    """The closed fields of a row's person, only those that say something."""
    found: Content = {
        "name": row.name,
        "sex": row.sex.value if row.sex else "",
        "birth": str(row.birth) if row.birth else "",
        "id_number": str(row.id_number) if row.id_number else "",
        "phones": [str(phone) for phone in row.phones],
        "categories": [{"category": n.category.value, "column": n.column, "words": n.words} for n in row.categories],
        "place": row.village_words,
        "group": row.group,
        "note": row.note,
        **_parts(row),
    }
    return {name: value for name, value in found.items() if value}


def _parts(row: RosterRow) -> Content:
    if row.elder:
        ability = row.elder.ability.value if row.elder.ability else ""
        needs = [need.value for need in row.elder.needs]
        return {"ability": ability, "needs": needs, "difficulty": row.elder.difficulty, "paired": row.elder.paired_member}
    if row.child:
        return {"roster_id": row.child.roster_id, "school": row.child.school, "feelings": row.child.feelings}
    if row.volunteer:
        offer = row.volunteer
        told = {"politics": offer.politics, "party_branch": offer.branch, "skills": list(offer.skills)}
        return {**told, "kind": offer.type.value, "employer": offer.company}
    return {}


def relative_content(relative: RosterRelative) -> Content:
    """The closed fields of a relative as a person."""
    phones = [str(phone) for phone in relative.phones]
    return {"name": relative.name, **({"phones": phones} if phones else {})}


def kin_content(relative: RosterRelative) -> Content:
    """The closed fields of the relation itself."""
    found: Content = {
        "relation": relative.role.value,
        "presence": relative.presence.value,
        "guardian": relative.standing.value == "legal_guardian",
        "carer": relative.presence.value == "home" or relative.standing.value == "entrusted_carer",
    }
    return {**found, **({"workplace": relative.workplace} if relative.workplace else {})}


def mended(known: Mapping[str, Any], fresh: Mapping[str, Any]) -> Content:
    """What is known with what the row says now."""
    return {**known, **fresh}


def told_person(content: Mapping[str, Any]) -> Content:
    """The closed block of person.registered and person.changed. Texts longer than the event's bound are cut there only."""
    categories = sorted({note["category"] for note in content.get("categories", ())})
    told: Content = {
        "name": content["name"][:NAME],
        "phones": list(content.get("phones", ()))[:MOST_PHONES],
        "categories": categories[:12],
    }
    if content.get("sex"):
        told["sex"] = content["sex"]
    if len(content.get("birth", "")) == 10:
        told["birth"] = content["birth"]
    if content.get("place"):
        told["place"] = content["place"][:PLACE].strip()
    return told


def told_volunteer(content: Mapping[str, Any]) -> Content:
    """The closed block of volunteer.registered and volunteer.changed."""
    told: Content = {
        "name": content["name"][:NAME],
        "phones": list(content.get("phones", ()))[:MOST_PHONES],
        "kind": content.get("kind", "resident"),
    }
    return {**told, **({"employer": content["employer"][:COMPANY].strip()} if content.get("employer") else {})}


def told_kin(content: Mapping[str, Any]) -> Content:
    """The closed block of kinship.registered and kinship.changed."""
    kept = ("relation", "presence", "guardian", "carer")
    workplace = content.get("workplace", "")[:COMPANY].strip()
    return {**{name: content[name] for name in kept}, **({"workplace": workplace} if workplace else {})}


def categories_of(content: Mapping[str, Any]) -> list[str]:
    """The category words."""
    return [note["category"] for note in content.get("categories", ())]


def birth_of(content: Mapping[str, Any]) -> Birth | None:
    """The birth day as far as it is known."""
    parts = [int(part) for part in content.get("birth", "").split("-") if part]
    return Birth(*parts) if parts else None


def whole_births_differ(known: Mapping[str, Any], row: RosterRow) -> bool:
    """Whether both name a whole day and the days are not the same."""
    there = known.get("birth", "")
    return bool(row.birth and row.birth.whole and len(there) == 10 and there != str(row.birth))


def most_events(rows: Iterable[RosterRow]) -> int:
    """Events these rows tell at most: a person and the ground, three for each relative, a wish, a volunteer."""
    return sum(2 + 3 * len(row.relatives) + bool(row.child and row.child.wish) + bool(row.volunteer) for row in rows)

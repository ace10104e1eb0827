"""People as their own events tell them: what they are found by follows anew, and numbers go on after the highest recalled.

Not in any event, so missing of whoever the backup did not know: the ID number, notes and other columns of a roster, what the
clerk has to mend, why care ended, and which adult was seen in the house of a child (rule 5: then nobody was seen).
"""

import re
from collections.abc import Iterable

from services.registry.commands.recalling.closed import Content, head_of, joined, known_of, news, put, sealed_again, told_of
from services.registry.commands.rewriting import keys_of, look_of, recipient_kind
from services.registry.desk import Desk, Doc
from services.registry.model.by_hand import COLUMN, follows, still_to_mend
from services.registry.model.person_content import told_person
from services.registry.store import COUNTERS, PEOPLE
from shared.events import Event
from shared.units import Unit

TOLD = ("number", "kinds", "minor", "care", "band", "no_adult", "home")
NUMBER = re.compile(r"(.+-[A-Z]?)([0-9]{6,})")
UNREADABLE: Doc = {"look": [], "row_keys": [], "row_key": ""}
"""Nobody can be found by what nobody can read."""


def recall_person(unit: Unit, desk: Desk, event: Event) -> None:
    """person.registered and person.changed: the whole shared state, and all that follows from it by rule."""
    known, newer = news(unit, PEOPLE, event)
    if not newer:
        return
    _count_on(unit, event.data["number"])
    fresh = {**_unknown(known), **head_of(event), **{name: event.data[name] for name in TOLD}}
    told = told_of(desk, event, event.subject)
    if told is None:
        put(unit, PEOPLE, known, {**UNREADABLE, "sealed": "", **fresh, "risk": _risk(desk, fresh, {})})
        return
    before = known_of(desk, PEOPLE, known, event.subject)
    was = told_person(before) if before else {}
    content = _categories_with_sources(before, joined(before, was, told))
    if fresh["care"] != "ended":
        content.pop("ended", None)
    fresh["risk"] = _risk(desk, fresh, content)
    fresh["to_mend"] = still_to_mend(fresh["to_mend"], {name: told[name] for name in told if told[name] != was.get(name)})
    if told["phones"] != was.get("phones"):
        fresh = _unproven(fresh, event)
    put(unit, PEOPLE, known, sealed_again(desk, PEOPLE, found_by(unit, desk, fresh, content), event.subject, content))


def found_by(unit: Unit, desk: Desk, person: Doc, content: Content, more: Iterable[str] = ()) -> Doc:
    """The person with the hashes they are found by; `more` keys are those of who belongs to them."""
    keys = list(dict.fromkeys((*person.get("row_keys", ()), *keys_of(unit, desk, person, content), *more)))
    own = person.get("row_key")
    if own is None:
        rostered = bool(recipient_kind(person)) or "volunteer" in person["kinds"]
        own = _own_key(unit, keys) if rostered else ""
    return {**person, "look": look_of(desk, content), "row_keys": keys, "row_key": own}


def _unknown(known: Doc) -> Doc:
    """The document as it is, or what a new one begins with."""
    return dict(known) if known else {"state": "known", "to_mend": [], "contact": "unproven"}


def _unproven(person: Doc, event: Event) -> Doc:
    """A number given by that event: an answer of before it was another's (`handlers.py`), whichever comes first now."""
    fresh = {**person, "contact": "unproven", "phones_since": event.id}
    fresh.pop("contact_until", None)
    return fresh


def _risk(desk: Desk, person: Doc, content: Content) -> int:
    return int(follows(person["kinds"], person["care"], content, person["no_adult"], desk.today())["risk"])


def _categories_with_sources(before: Content, content: Content) -> Content:
    """Events tell words; a category known before keeps the column it came from."""
    sources = {note["category"]: note for note in before.get("categories", ())}
    if content.get("categories") == before.get("categories"):
        return {name: value for name, value in content.items() if value}
    notes = [sources.get(word, {"category": word, "column": COLUMN, "words": ""}) for word in content["categories"]]
    return {name: value for name, value in {**content, "categories": notes}.items() if value}


def _own_key(unit: Unit, keys: list[str]) -> str:
    """The strongest key, with a running sign where somebody else has it: the index wants one of each."""
    if not keys:
        return ""
    signs = (keys[0], *(f"{keys[0]}#{n}" for n in range(2, 10_000)))
    return next(key for key in signs if unit.collection(PEOPLE).find_one({"row_key": key}, projection=["_id"]) is None)


def _count_on(unit: Unit, number: str) -> None:
    """The next number of this series is a later one."""
    found = NUMBER.fullmatch(number)
    if found is None:
        return
    counters, series, given = unit.collection(COUNTERS), found[1], int(found[2])
    row = counters.find_one({"_id": series})
    if row is None:
        counters.insert({"_id": series, "next": given})
    elif row["next"] < given:
        counters.replace_rows([{**row, "next": given}])

"""The recipients of a township as forming households needs them: phones, carers, relatives, opened and not shown to anybody."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from services.registry.desk import Desk, Doc
from services.registry.model.household_forming import Resident
from services.registry.model.text import name_key
from services.registry.store import KINSHIPS, PEOPLE
from services.registry.store.sealed import opened_all
from shared.access import within

Kin = tuple[Doc, Doc]  # the relation's content, the relative's content


def residents_of(desk: Desk, township: str) -> tuple[dict[str, Doc], list[Resident]]:
    """(people by number, residents) of all recipients in care there."""
    wanted = {**within(township), "kinds": {"$in": ["elder", "child"]}, "state": "known", "care": "active"}
    people = list(desk.database[PEOPLE].find(wanted, sort=[("number", 1)]))
    contents = opened_all(desk.sealer, PEOPLE, people, [person["_id"] for person in people])
    kin = _kin(desk, [person["_id"] for person in people])
    pairs = zip(people, contents, strict=True)
    residents = [_resident(person, content, kin[person["_id"]]) for person, content in pairs if content]
    return {person["number"]: person for person in people}, residents


def _kin(desk: Desk, recipients: list[str]) -> Mapping[str, list[Kin]]:
    rows = list(desk.database[KINSHIPS].find({"recipient": {"$in": recipients}}, sort=[("call_order", 1), ("_id", 1)]))
    relations = opened_all(desk.sealer, KINSHIPS, rows, [row["relative"] for row in rows])
    ids = sorted({row["relative"] for row in rows})
    relatives = list(desk.database[PEOPLE].find({"_id": {"$in": ids}}))
    contents = opened_all(desk.sealer, PEOPLE, relatives, [one["_id"] for one in relatives])
    by_id = {one["_id"]: content for one, content in zip(relatives, contents, strict=True)}
    found: dict[str, list[Kin]] = defaultdict(list)
    for row, relation in zip(rows, relations, strict=True):
        if relation and by_id.get(row["relative"]):
            found[row["recipient"]].append((relation, by_id[row["relative"]]))
    return found


def _resident(person: Doc, content: Doc, kin: list[Kin]) -> Resident:
    """The recipient among neighbours. The carer is who is at home, else who is entrusted; the others only raise questions."""
    carer = _carer(kin)
    return Resident(
        number=person["number"],
        name=name_key(content["name"]),
        village=person["branch"] if person["branch"].count("/") >= 2 else "",
        group=content.get("group", ""),
        phones=frozenset(_phones([content, *(relative for _, relative in kin)])),
        carer=name_key(carer["name"]) if carer else "",
        carer_phones=frozenset(_phones([carer])) if carer else frozenset(),
        relatives=frozenset(name_key(relative["name"]) for _, relative in kin if relative is not carer),
    )


def _carer(kin: list[Kin]) -> Doc | None:
    at_home = next((relative for relation, relative in kin if relation["presence"] == "home"), None)
    return at_home or next((relative for relation, relative in kin if relation["carer"]), None)


def _phones(contents: Iterable[Doc]) -> list[str]:
    return [phone for content in contents for phone in content.get("phones", ())]

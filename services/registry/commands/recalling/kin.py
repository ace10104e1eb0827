"""Relations, bars, consents and wishes as their own events tell them."""

from services.registry.commands.recalling.closed import head_of, joined, known_of, news, put, sealed_again, told_of
from services.registry.commands.recalling.people import found_by
from services.registry.commands.rewriting import keys_with
from services.registry.desk import Desk, Doc
from services.registry.model.by_hand import relative_of
from services.registry.model.person_content import told_kin
from services.registry.store import CONSENTS, KINSHIPS, PEOPLE, WISHES
from shared.events import Event
from shared.units import Unit

TOLD = ("recipient", "relative", "call_order", "may_know")
GROUND = ("person", "ground", "notice", "given_by")
BARRED = "must_never"


def recall_kinship(unit: Unit, desk: Desk, event: Event) -> None:
    """kinship.registered and kinship.changed; the recipient is found by a row that names this relative, as before."""
    known, newer = news(unit, KINSHIPS, event)
    if not newer:
        return
    fresh = {**known, **head_of(event), **{name: event.data[name] for name in TOLD}}
    told = told_of(desk, event, fresh["relative"])
    before = known_of(desk, KINSHIPS, known, fresh["relative"])
    content = None if told is None else joined(before, told_kin(before) if before else {}, told)
    put(unit, KINSHIPS, known, sealed_again(desk, KINSHIPS, fresh, fresh["relative"], content))
    _find_by(unit, desk, fresh)


def recall_bar(unit: Unit, desk: Desk, event: Event) -> None:
    """kinship.barred: from that commit on the relative must never learn anything, for good."""
    known, newer = news(unit, KINSHIPS, event)
    if not known or not newer:
        return
    fresh = {**known, "may_know": BARRED, "revision": event.revision}
    told = told_of(desk, event, known["relative"])
    content = None if told is None else {**known_of(desk, KINSHIPS, known, known["relative"]), **told}
    put(unit, KINSHIPS, known, sealed_again(desk, KINSHIPS, fresh, known["relative"], content or None))


def recall_consent(unit: Unit, _desk: Desk, event: Event) -> None:
    """consent.given."""
    known, newer = news(unit, CONSENTS, event)
    if newer:
        put(unit, CONSENTS, known, {**known, **head_of(event), **{name: event.data[name] for name in GROUND}})


def recall_withdrawal(unit: Unit, _desk: Desk, event: Event) -> None:
    """consent.withdrawn: what rested on it stays stopped."""
    known, newer = news(unit, CONSENTS, event)
    if known and newer:
        put(unit, CONSENTS, known, {**known, "withdrawn": True, "revision": event.revision})


def recall_wish(unit: Unit, desk: Desk, event: Event) -> None:
    """wish.made."""
    known, newer = news(unit, WISHES, event)
    if newer:
        wish, child = {**head_of(event), "child": event.data["child"]}, event.data["child"]
        put(unit, WISHES, known, sealed_again(desk, WISHES, wish, child, told_of(desk, event, child)))


def _find_by(unit: Unit, desk: Desk, kin: Doc) -> None:
    """A roster's row finds its person by who belongs to them: else the same roster would double whoever has no phone."""
    people = unit.collection(PEOPLE)
    both = {row["_id"]: row for row in people.find({"_id": {"$in": [kin["recipient"], kin["relative"]]}, "state": "known"})}
    recipient, relative = both.get(kin["recipient"]), both.get(kin["relative"])
    mine = known_of(desk, PEOPLE, recipient or {}, kin["recipient"])
    theirs = known_of(desk, PEOPLE, relative or {}, kin["relative"])
    if recipient is None or not mine or not theirs:
        return
    keys = keys_with(unit, desk, recipient, mine, [relative_of(theirs["name"], theirs.get("phones", ()))])
    fresh = found_by(unit, desk, recipient, mine, keys)
    if fresh != recipient:
        people.replace(fresh, was=recipient["revision"])

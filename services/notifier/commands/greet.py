"""Says hello to a number from a roster, once: who answers has proven it (docs/domain.md, rules 10 and 11)."""

from datetime import timedelta

from services.notifier.commands.asks import open_ask
from services.notifier.commands.compose import Draft, queue
from services.notifier.commands.reach import best_contacts
from services.notifier.model.contact import is_fresh
from services.notifier.store import Desk, Doc
from shared.units import Unit

ANSWER_WITHIN = timedelta(days=30)


def greet_relative(desk: Desk, unit: Unit, relative: str, branch: str) -> None:
    """A relative who may know was registered."""
    _greet(desk, unit, relative, branch)


def greet_recipient(desk: Desk, unit: Unit, row: Doc) -> None:
    """A grown recipient with a mobile of their own, cared for at home."""
    if row["care"] == "active" and row["home"] and not row["minor"]:
        _greet(desk, unit, row["_id"], row["branch"])


def _greet(desk: Desk, unit: Unit, person: str, branch: str) -> None:
    contact = best_contacts(unit, [person]).get(person)
    if contact is None or is_fresh(contact["state"], contact.get("fresh_until"), desk.clock.now()):
        return
    made = queue(desk, unit, [Draft("number_registered", contact, (), f"greeting:{contact['hash']}", branch)])
    if made:
        open_ask(unit, "greeting", made[0], desk.clock.now() + ANSWER_WITHIN)

"""What the registry does with its own events when they come back after a restored backup: one table, type -> function.

Not recalled, since no event holds it (docs/operating.md, "A restored backup", says what a person does): passwords, sign-in
names and sessions; ID numbers, notes and other columns of a roster; uploads, their faults and correction workbooks; who was
asked to be erased and not yet agreed to; which pairs a clerk parted (whom one joined stay together: `commands/forming.py`);
runs of proposals.
"""

from collections.abc import Callable, Mapping
from functools import partial

from services.registry.commands.recalling.helping import (
    recall_check,
    recall_end,
    recall_household,
    recall_pairing,
    recall_volunteer,
)
from services.registry.commands.recalling.kin import (
    recall_bar,
    recall_consent,
    recall_kinship,
    recall_wish,
    recall_withdrawal,
)
from services.registry.commands.recalling.leaving import recall_destroyed, recall_erased, recall_hold
from services.registry.commands.recalling.offices import recall_account, recall_branch, recall_import, recall_rights
from services.registry.commands.recalling.people import recall_person
from services.registry.commands.recalling.rest import end_sessions, warn_of_unreadable
from services.registry.desk import Desk
from shared.events import Event
from shared.healing.recall import Window
from shared.inbox import Handler
from shared.units import Unit

RECALL: Mapping[str, Callable[[Unit, Desk, Event], None]] = {
    "branch.registered.v1": recall_branch,
    "account.registered.v1": recall_account,
    "account.rights_changed.v1": recall_rights,
    "person.registered.v1": recall_person,
    "person.changed.v1": recall_person,
    "person.held.v1": recall_hold,
    "person.released.v1": recall_hold,
    "person.erased.v1": recall_erased,
    "key.destroyed.v1": recall_destroyed,
    "kinship.registered.v1": recall_kinship,
    "kinship.changed.v1": recall_kinship,
    "kinship.barred.v1": recall_bar,
    "consent.given.v1": recall_consent,
    "consent.withdrawn.v1": recall_withdrawal,
    "wish.made.v1": recall_wish,
    "household.formed.v1": recall_household,
    "household.changed.v1": recall_household,
    "volunteer.registered.v1": recall_volunteer,
    "volunteer.changed.v1": recall_volunteer,
    "check.recorded.v1": recall_check,
    "pairing.proposed.v1": recall_pairing,
    "pairing.formed.v1": recall_pairing,
    "pairing.ended.v1": recall_end,
    "roster.imported.v1": recall_import,
}
NOTHING_TO_RECALL: frozenset[str] = frozenset()
"""Every type of the registry's own tells of a thing it keeps."""


def recall_of(desk: Desk) -> Mapping[str, Handler]:
    """The table for this process's desk."""
    return {type_: partial(_recalled, function, desk) for type_, function in RECALL.items()}


def after_recall_of(desk: Desk) -> Callable[[Unit, Window], None]:
    """What is done once, when all own events are back."""

    def after(unit: Unit, _window: Window) -> None:
        end_sessions(unit)
        warn_of_unreadable(unit, desk)

    return after


def _recalled(function: Callable[[Unit, Desk, Event], None], desk: Desk, unit: Unit, event: Event) -> None:
    function(unit, desk, event)

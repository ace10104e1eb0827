"""A roster's row as a resident or a willing volunteer, so that the proposals are tried on messy rosters without a database."""

from services.registry.model.household_forming import Resident
from services.registry.model.pairing_proposal import WillingVolunteer
from services.registry.model.relations import Presence, Standing
from services.registry.model.roster_rows import RosterRow
from services.registry.model.text import name_key
from services.registry.model.volunteers import VolunteerType


def resident_of(number: str, row: RosterRow) -> Resident:
    """The recipient among neighbours. The carer is who is entrusted or is at home; the others only raise questions."""
    carer = next((one for one in row.relatives if one.presence is Presence.HOME), None)
    if carer is None:
        carer = next((one for one in row.relatives if one.standing is Standing.ENTRUSTED_CARER), None)
    return Resident(
        number=number,
        name=name_key(row.name),
        village=row.village,
        group=row.group,
        phones=frozenset(map(str, (*row.phones, *(phone for one in row.relatives for phone in one.phones)))),
        carer=name_key(carer.name) if carer else "",
        carer_phones=frozenset(map(str, carer.phones)) if carer else frozenset(),
        relatives=frozenset(name_key(one.name) for one in row.relatives if one is not carer),
    )


def willing_of(number: str, row: RosterRow, check_valid: bool) -> WillingVolunteer:
    """The volunteer with what they can give. An enterprise volunteer has no place here: in another province, or one
    whose place the roster does not tell."""
    offer = row.volunteer
    here = offer is not None and offer.type is not VolunteerType.ENTERPRISE
    return WillingVolunteer(
        number=number,
        place=row.village if here else "",
        households=offer.free_time.households if offer else 0,
        visits=offer.free_time.visits_a_month if offer else 0,
        check_valid=check_valid,
    )

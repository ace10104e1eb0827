"""Event types the registry tells: who is cared for, by whom, and with which right."""

from shared.events.fields import Code, Count, Day, Flag, Id, ListOf, Text, Word
from shared.events.schema import EventSchema, Kind

ROLES = ("clerk", "volunteer", "supervisor", "administrator", "inspector", "liaison")
LEVELS = ("county", "township", "village", "unit")
PERSON_KINDS = ("elder", "child", "relative", "volunteer")
BANDS = ("weekly", "fortnightly", "monthly", "none")
CARE = ("active", "paused", "ended", "none")
ELDER_CATEGORIES = (
    "widowed_alone",
    "empty_nest",
    "living_alone",
    "left_behind",
    "lost_only_child",
    "special_family",
    "disabled_care",
    "severely_disabled",
    "destitute_support",
    "minimum_income",
    "in_difficulty",
)
CHILD_CATEGORIES = ("left_behind", "in_difficulty", "de_facto_unsupported", "orphan")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NEARNESS = ("same_village", "same_township", "same_county", "no_place")
STATE = frozenset({Kind.STATE})
RESTRICTS = frozenset({Kind.RESTRICTS})


class BranchRegistered(EventSchema):
    """A branch stands in the tree. Codes are data and change; the id does not."""

    TYPE = "branch.registered.v1"
    KINDS = STATE
    level = Word(*LEVELS, open="place in the tree")
    code = Code(12, open="administrative code")
    name = Text(60, open="name of a place, not of a person")
    parent = Id(open="branch above", optional=True)


class AccountRegistered(EventSchema):
    """An account exists. `branch` of the envelope is its scope."""

    TYPE = "account.registered.v1"
    KINDS = STATE
    role = Word(*ROLES, open="what it may do")
    rights = Count(open="rights revision: an older token is refused")
    person = Id(optional=True)


class AccountRightsChanged(EventSchema):
    """Role, scope or life of an account changed: tokens of an older rights revision are refused at once."""

    TYPE = "account.rights_changed.v1"
    KINDS = RESTRICTS
    role = Word(*ROLES, open="what it may do now")
    rights = Count(open="rights revision from now on")
    ended = Flag(open="whether the account is closed")


class _PersonState(EventSchema):
    number = Code(24, open="human number of ours, given in order")
    kinds = ListOf(Word(*PERSON_KINDS), 4, open="as what the person is known")
    minor = Flag(open="under 18: stricter rules apply")
    care = Word(*CARE, open="state of care")
    band = Word(*BANDS, open="rhythm that follows from risk")
    no_adult = Flag(open="outcome of a rule: a child with no adult named in the house")
    home = Flag(open="whether the person lives in the home cared for, so may witness")
    name = Text(60)
    sex = Word("female", "male", optional=True)
    birth = Day(optional=True)
    phones = ListOf(Code(20), 5)
    categories = ListOf(Word(*sorted({*ELDER_CATEGORIES, *CHILD_CATEGORIES})), 12)
    place = Text(80, optional=True)


class PersonRegistered(_PersonState):
    """A person is known to the registry. Closed fields are sealed under the person."""

    TYPE = "person.registered.v1"
    KINDS = STATE


class PersonChanged(_PersonState):
    """The person's shared state as it is now."""

    TYPE = "person.changed.v1"
    KINDS = STATE


class PersonErased(EventSchema):
    """Asked and decided by two people on a ground: the person's key is destroyed now."""

    TYPE = "person.erased.v1"
    KINDS = RESTRICTS
    ground = Word("request", "purpose_met", "retention", "consent_withdrawn", open="why")
    second = Id(open="account of the second person who agreed")


class PersonHeld(EventSchema):
    """A legal hold (inspection, case) stops any erasure of this person until it is released."""

    TYPE = "person.held.v1"
    KINDS = RESTRICTS
    ground = Word("inspection", "case", open="why")


class PersonReleased(EventSchema):
    """The legal hold is over."""

    TYPE = "person.released.v1"


class KeyDestroyed(EventSchema):
    """The keys of a person are gone: what was sealed under them can be read by nobody any more."""

    TYPE = "key.destroyed.v1"
    person = Id(open="whose")
    keys = Count(open="how many keys")


class _KinshipState(EventSchema):
    recipient = Id(open="who is cared for")
    relative = Id(open="who belongs to them")
    call_order = Count(99, open="order in which to call")
    may_know = Word("may", "may_not", "must_never", open="outcome of the rule what a relative may know")
    relation = Code(20)
    presence = Word("home", "away", "unknown")
    workplace = Text(80, optional=True)
    guardian = Flag()
    carer = Flag()


class KinshipRegistered(_KinshipState):
    """A relative of a recipient, with presence and what they may know. Sealed under the relative."""

    TYPE = "kinship.registered.v1"
    KINDS = STATE


class KinshipChanged(_KinshipState):
    """The relation as it is now."""

    TYPE = "kinship.changed.v1"
    KINDS = STATE


class KinshipBarred(EventSchema):
    """A relative must never learn anything of the recipient from now on (court order or protection)."""

    TYPE = "kinship.barred.v1"
    KINDS = RESTRICTS
    recipient = Id(open="who is protected")
    relative = Id(open="who is barred")
    order_day = Day(optional=True)


class _HouseholdState(EventSchema):
    number = Code(24, open="human number of its first member")
    members = ListOf(Id(), 30, open="recipients who live together; random ids")
    band = Word(*BANDS, open="strictest rhythm of its members")
    minors = Flag(open="whether a minor lives there")


class HouseholdFormed(_HouseholdState):
    """Recipients who live together: one household, one visit."""

    TYPE = "household.formed.v1"
    KINDS = STATE


class HouseholdChanged(_HouseholdState):
    """The household as it is now."""

    TYPE = "household.changed.v1"
    KINDS = STATE


class _VolunteerState(EventSchema):
    number = Code(24, open="human number of ours")
    person = Id(open="the volunteer as a person")
    places = ListOf(Id(), 20, open="branches where the volunteer can serve")
    no_place_only = Flag(open="lives elsewhere: telephone company, video, wishes")
    days = ListOf(Word(*WEEKDAYS), 7, open="free days")
    visits_a_month = Count(200, open="how much was offered")
    minors_until = Day(open="expiry of a passed check for offences", optional=True)
    state = Word("active", "resting", "left", open="whether to plan with")
    name = Text(60)
    phones = ListOf(Code(20), 5)
    kind = Code(30)
    employer = Text(80, optional=True)


class VolunteerRegistered(_VolunteerState):
    """Somebody offers to help. Closed fields are sealed under the person."""

    TYPE = "volunteer.registered.v1"
    KINDS = STATE


class VolunteerChanged(_VolunteerState):
    """The volunteer's shared state as it is now."""

    TYPE = "volunteer.changed.v1"
    KINDS = STATE


class CheckRecorded(EventSchema):
    """The result of a check for offences against minors. Nothing else of it is kept (docs/domain.md, rule 4)."""

    TYPE = "check.recorded.v1"
    volunteer = Id(open="who was checked")
    passed = Flag(open="the result")
    checked_on = Day(open="date of the check")
    authority = Text(60, open="who checked: an authority, not a person")
    expires_on = Day(open="until when it holds")


class _PairingTold(EventSchema):
    household = Id(open="whom")
    volunteer = Id(open="by whom")
    nearness = Word(*NEARNESS, open="why this volunteer")


class PairingProposed(_PairingTold):
    """A pairing the rules propose; a clerk decides."""

    TYPE = "pairing.proposed.v1"


class PairingFormed(_PairingTold):
    """A volunteer is bound to a household; accepted by a clerk, both sides asked."""

    TYPE = "pairing.formed.v1"


class PairingEnded(EventSchema):
    """A pairing is over. Nobody has to give a reason."""

    TYPE = "pairing.ended.v1"
    KINDS = RESTRICTS
    household = Id(open="whom")
    volunteer = Id(open="by whom")
    why = Word("asked", "left", "erased", "declined", open="kind of end")


class WishMade(EventSchema):
    """A micro-wish of a child."""

    TYPE = "wish.made.v1"
    child = Id(open="whose")
    wish = Text(200)


class ConsentGiven(EventSchema):
    """The ground on which a person's data is used: consent, or the duty of care with the notice handed out."""

    TYPE = "consent.given.v1"
    person = Id(open="whose data")
    ground = Word("consent", "duty_of_care", open="legal ground")
    notice = Code(20, open="version of the notice")
    given_by = Word("self", "guardian", "none", open="who consented")


class ConsentWithdrawn(EventSchema):
    """Consent is taken back: only what the duty of care needs goes on."""

    TYPE = "consent.withdrawn.v1"
    KINDS = RESTRICTS
    person = Id(open="whose data")


class RosterImported(EventSchema):
    """A roster of a township was read in. What was wrong stays with the clerk."""

    TYPE = "roster.imported.v1"
    roster = Word("elders", "children", "volunteers", open="which kind")
    rows = Count(open="rows with a person")
    registered = Count(open="new people")
    changed = Count(open="people known before and mended")
    refused = Count(open="rows refused")
    to_mend = Count(open="people with something to mend")

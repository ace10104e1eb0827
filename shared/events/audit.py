"""Event types the audit service tells: concerns and inspections. Its log holds its own events like all others."""

from shared.events.fields import Code, Count, Day, Id, ListOf, Word
from shared.events.schema import EventSchema, Kind

CONCERNS_OF_V1 = (
    "not_covered",
    "missed",
    "disputed",
    "unreachable",
    "no_adult",
    "look_in_overdue",
    "alarm",
    "no_pairing",
    "parked",
    "gap",
    "silent_source",
    "other_body",
)
"""The kinds that the first versions of the types below promised, for ever."""
CONTRADICTIONS = (
    "answers_differ",
    "two_places",
    "burst",
    "copied_report",
    "shared_number",
    "shared_device",
    "quick_answers",
    "before_deadline",
    "moved_often",
    "hard_cases",
)
"""What speaks against itself: for people above the branch to look at, never a verdict (services/audit/evidence/rules)."""
CONCERNS = (*CONCERNS_OF_V1, *CONTRADICTIONS)


class ConcernRaised(EventSchema):
    """Something that must not be forgotten, at the level that can act. Hidden ones name nobody."""

    TYPE = "concern.raised.v1"
    kind = Word(*CONCERNS_OF_V1, open="what it is about")
    level = Word("village", "township", "county", open="who must act")
    about = Id(open="which thing", optional=True)
    entry = Count(2**53 - 1, open="index of the log entry that shows it", optional=True)
    due = Day(open="until when", optional=True)


class ConcernClosed(EventSchema):
    """The concern is settled, by a later event or by a person."""

    TYPE = "concern.closed.v1"
    kind = Word(*CONCERNS_OF_V1, open="what it was about")
    why = Code(40, open="what settled it")


class ConcernHidden(EventSchema):
    """A concern whose thing must stay unknown: a dispute for the township. All is sealed under the record's own key."""

    TYPE = "concern.hidden.v1"
    KINDS = frozenset({Kind.HIDDEN})
    kind = Word(*CONCERNS_OF_V1)
    about = Id()
    state = Word("open", "closed", optional=True)


class ConcernRaisedOfAnyKind(EventSchema):
    """Something that must not be forgotten, at the level that can act. New kinds come without a new version."""

    TYPE, SUCCEEDS = "concern.raised.v2", "concern.raised.v1"
    kind = Code(40, open="what it is about")
    level = Word("village", "township", "county", open="who must act")
    about = Id(open="which thing", optional=True)
    entry = Count(2**53 - 1, open="index of the log entry that shows it", optional=True)
    due = Day(open="until when", optional=True)
    shows = ListOf(Id(), 20, open="the events that show it", optional=True)


class ConcernClosedOfAnyKind(EventSchema):
    """The concern is settled, by a later event or by a person."""

    TYPE, SUCCEEDS = "concern.closed.v2", "concern.closed.v1"
    kind = Code(40, open="what it was about")
    why = Code(40, open="what settled it")


class ConcernHiddenOfAnyKind(EventSchema):
    """A concern whose thing must stay unknown. All is sealed under the record's own key."""

    TYPE, SUCCEEDS = "concern.hidden.v2", "concern.hidden.v1"
    KINDS = frozenset({Kind.HIDDEN})
    kind = Code(40)
    about = Id()
    state = Word("open", "closed", optional=True)
    shows = ListOf(Id(), 20, optional=True)


class InspectionOpened(EventSchema):
    """An inspector opens an inspection of a branch for a period."""

    TYPE = "inspection.opened.v1"
    first_day = Day(open="period from")
    last_day = Day(open="period to")

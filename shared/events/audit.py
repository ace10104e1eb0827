"""Event types the audit service tells: concerns and inspections. Its log holds its own events like all others."""

from shared.events.fields import Code, Count, Day, Id, Word
from shared.events.schema import EventSchema, Kind

CONCERNS = (
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


class ConcernRaised(EventSchema):
    """Something that must not be forgotten, at the level that can act. Hidden ones name nobody."""

    TYPE = "concern.raised.v1"
    kind = Word(*CONCERNS, open="what it is about")
    level = Word("village", "township", "county", open="who must act")
    about = Id(open="which thing", optional=True)
    entry = Count(2**53 - 1, open="index of the log entry that shows it", optional=True)
    due = Day(open="until when", optional=True)


class ConcernClosed(EventSchema):
    """The concern is settled, by a later event or by a person."""

    TYPE = "concern.closed.v1"
    kind = Word(*CONCERNS, open="what it was about")
    why = Code(40, open="what settled it")


class ConcernHidden(EventSchema):
    """A concern whose thing must stay unknown: a dispute for the township. All is sealed under the record's own key."""

    TYPE = "concern.hidden.v1"
    KINDS = frozenset({Kind.HIDDEN})
    kind = Word(*CONCERNS)
    about = Id()
    state = Word("open", "closed", optional=True)


class InspectionOpened(EventSchema):
    """An inspector opens an inspection of a branch for a period."""

    TYPE = "inspection.opened.v1"
    first_day = Day(open="period from")
    last_day = Day(open="period to")

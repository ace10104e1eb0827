"""Event types the scheduler tells: what care is planned, what came of it, what could not be covered."""

from shared.events.fields import Code, Count, Day, Flag, Id, Instant, ListOf, Text, Word
from shared.events.registry import BANDS
from shared.events.schema import EventSchema, Kind

VISIT_KINDS = ("care", "look_in", "home_visit", "festival_visit", "telephone")
SLOTS = ("morning", "afternoon", "evening")
MISS_CAUSES = ("no_show", "cannot", "weather", "away")
UNCOVERED = ("no_volunteer", "no_capacity", "no_check", "no_day", "paused")
STATE = frozenset({Kind.STATE})


class PlanMade(EventSchema):
    """The care plan of a household: rhythm by risk, who comes, telephone company in between."""

    TYPE = "plan.made.v1"
    KINDS = STATE
    household = Id(open="whom")
    rhythm = Word(*BANDS, open="how often")
    volunteer = Id(open="who comes", optional=True)
    starts_on = Day(open="from when")
    telephone = Flag(open="telephone company between visits")


class CareNotCovered(EventSchema):
    """Visits that the rhythm asks for and nobody can give: for the leading group, never a volunteer's miss."""

    TYPE = "care.not_covered.v1"
    household = Id(open="whom")
    month = Code(7, open="which month")
    visits = Count(31, open="how many visits stay open")
    why = Word(*UNCOVERED, open="why")


class _VisitState(EventSchema):
    household = Id(open="whom")
    recipients = ListOf(Id(), 30, open="who lives there; random ids")
    volunteer = Id(open="who comes")
    kind = Word(*VISIT_KINDS, open="what kind of visit")
    day = Day(open="planned day")
    slot = Word(*SLOTS, open="part of the day; no exact hour to unproven numbers")
    asked = Flag(open="drawn by lot: somebody at home is asked afterwards")


class VisitPlanned(_VisitState):
    """A visit stands in the plan. A look-in has the ask it answers and the hour it is promised for."""

    TYPE = "visit.planned.v1"
    KINDS = STATE
    look_in = Id(open="the ask it answers", optional=True)
    due = Instant(open="promised until", optional=True)


class VisitMoved(_VisitState):
    """The visit has a new day (and perhaps another visitor)."""

    TYPE = "visit.moved.v1"
    KINDS = STATE
    from_day = Day(open="the day before")
    why = Word(*MISS_CAUSES, "moved", open="why")
    look_in = Id(open="the ask it answers", optional=True)
    due = Instant(open="promised until", optional=True)


class VisitDeclined(EventSchema):
    """The visitor says: I cannot. It costs nothing; a stand-in or a new day is found (docs/domain.md, rule 7)."""

    TYPE = "visit.declined.v1"
    household = Id(open="whom")
    volunteer = Id(open="who cannot")
    kind = Word(*VISIT_KINDS, open="what kind of visit")
    day = Day(open="planned day")


class VisitCheckedIn(EventSchema):
    """The visitor says: I am there now."""

    TYPE = "visit.checked_in.v1"
    household = Id(open="whom")
    volunteer = Id(open="who came")
    at = Instant(open="when it happened")
    device = Id(open="random id that the browser keeps; only where the county switched it on", optional=True)
    door_code = Flag(open="the code at the door was given; only where the county switched it on", optional=True)
    home_call = Flag(open="the visitor rang from a number of the home, as the clerk's display showed", optional=True)


class VisitCompleted(EventSchema):
    """The visitor reported. What was seen and said is sealed under the recipient it speaks of."""

    TYPE = "visit.completed.v1"
    household = Id(open="whom")
    volunteer = Id(open="who came")
    kind = Word(*VISIT_KINDS, open="what kind of visit")
    at = Instant(open="when it happened")
    minutes = Count(1440, open="how long")
    asked = Flag(open="drawn by lot: somebody at home is asked afterwards")
    look_in = Id(open="the ask it answers", optional=True)
    device = Id(open="random id that the browser keeps; only where the county switched it on", optional=True)
    well = Word("well", "so_so", "unwell", optional=True)
    note = Text(1000, optional=True)


class VisitMissed(EventSchema):
    """A planned visit did not take place: cause and, when one is found, the new day."""

    TYPE = "visit.missed.v1"
    household = Id(open="whom")
    recipients = ListOf(Id(), 30, open="who waited; random ids")
    volunteer = Id(open="who was to come")
    kind = Word(*VISIT_KINDS, open="what kind of visit")
    day = Day(open="planned day")
    why = Word(*MISS_CAUSES, open="why")
    next_day = Day(open="planned again for", optional=True)
    next_visit = Id(open="planned again as", optional=True)
    look_in = Id(open="the ask it was to answer", optional=True)


class VisitCancelled(EventSchema):
    """A planned visit is not needed any more."""

    TYPE = "visit.cancelled.v1"
    household = Id(open="whom")
    why = Word("ended", "paused", "erased", "answered", open="why")


class VisitConfirmed(EventSchema):
    """Somebody who was present says the visit took place (docs/domain.md, rule 1). Who it was is not told."""

    TYPE = "visit.confirmed.v1"
    by = Word("home", "neighbour", "carer", open="kind of witness")


class VisitDisputed(EventSchema):
    """Somebody says nobody came. Seen by the township only; subject, branch and actor say nothing (rule 2)."""

    TYPE = "visit.disputed.v1"
    KINDS = frozenset({Kind.HIDDEN})
    visit = Id()
    household = Id()
    true_branch = Text(230)

"""Event types that every service tells of itself."""

from shared.events.fields import Code, Count, Day, Id, ListOf
from shared.events.schema import EventSchema


class LookTaken(EventSchema):
    """Somebody was shown personal fields. One per answer, up to 50 people; the same within 15 minutes counts once."""

    TYPE = "look.taken.v1"
    people = ListOf(Id(), 50, open="whose record; random ids")
    page = Code(80, open="which page or endpoint answered")
    reason = Code(40, open="the ground: care, inspection, export")


class EventParked(EventSchema):
    """A service could not handle an event and laid it aside for a person to decide."""

    TYPE = "event.parked.v1"
    event = Id(open="which event", optional=True)
    event_type = Code(60, open="its type", optional=True)
    reason = Code(80, open="code of the fault, never a value")
    field = Code(80, open="where in the event", optional=True)


class EventReleased(EventSchema):
    """A person had a parked event tried again or dropped; the actor of the event is who did it."""

    TYPE = "event.released.v1"
    event = Id(open="which event", optional=True)
    decision = Code(10, open="retry or drop")


class GapNoticed(EventSchema):
    """A listener sees a hole in a subject's chain: revisions that did not come within a minute."""

    TYPE = "gap.noticed.v1"
    thing = Id(open="whose chain")
    first = Count(2**31 - 1, open="first revision missing")
    last = Count(2**31 - 1, open="last revision missing")


class GapFilled(EventSchema):
    """What a listener missed has come, or the first of it: what is still missing is noticed anew."""

    TYPE = "gap.filled.v1"
    thing = Id(open="whose chain")
    first = Count(2**31 - 1, open="first revision that was missing")
    last = Count(2**31 - 1, open="last revision that was missing")


class DayCounted(EventSchema):
    """A service says how many events of a county day it told, ten minutes after the day's end. Who heard others asks again."""

    TYPE = "day.counted.v1"
    day = Day(open="which county day")
    sums = ListOf(Code(120), 60, open="by noun: `noun|count|sum of the SHA-256 of the ids modulo 2^256`")


class DayDiffers(EventSchema):
    """A listener heard other events of a day than their source says it told; it has asked to be told again."""

    TYPE = "day.differs.v1"
    service = Code(20, open="whose events")
    day = Day(open="which county day")
    nouns = ListOf(Code(40), 60, open="which nouns differ")


class DayAgreed(EventSchema):
    """A listener that heard other events of a day than its source told has heard the same by now."""

    TYPE = "day.agreed.v1"
    service = Code(20, open="whose events")
    day = Day(open="which county day")

"""Event types the notifier tells: what families were told, what they answered, which numbers can be trusted."""

from shared.events.fields import Code, Count, Id, Instant, Text, Word
from shared.events.schema import EventSchema, Kind

RESTRICTS = frozenset({Kind.RESTRICTS})


class _MessageTold(EventSchema):
    person = Id(open="to whom; random id")
    about = Id(open="about whom; random id", optional=True)
    template = Code(40, open="which template")
    version = Count(9999, open="its version")


class MessageSubmitted(_MessageTold):
    """The carrier took the message."""

    TYPE = "message.submitted.v1"


class MessageDelivered(_MessageTold):
    """The carrier says the phone has it."""

    TYPE = "message.delivered.v1"


class MessageFailed(_MessageTold):
    """The message did not arrive."""

    TYPE = "message.failed.v1"
    why = Word("refused", "no_such_number", "expired", "rejected", "unknown_number", open="why")


class MessageUnknown(_MessageTold):
    """Sent perhaps: the carrier did not answer. Never sent again blindly; a receipt may still settle it."""

    TYPE = "message.unknown.v1"


class AnswerReceived(EventSchema):
    """A family answered a question. All that says who and what is sealed under the record's own key (rule 2)."""

    TYPE = "answer.received.v1"
    KINDS = frozenset({Kind.HIDDEN})
    person = Id()
    meaning = Word("came", "did_not_come", "unclear")
    visit = Id(optional=True)
    message = Id(optional=True)
    text = Text(1000, optional=True)


class LookInAsked(EventSchema):
    """A relative asks that somebody goes and looks, now; promised in hours, told back."""

    TYPE = "look_in.asked.v1"
    KINDS = frozenset({Kind.URGENT})
    recipient = Id(open="who is to be looked in on")
    relative = Id(open="who asks")
    promised = Instant(open="until when")
    words = Text(500, optional=True)


class LookInToldBack(EventSchema):
    """The relative who asked was told how it is."""

    TYPE = "look_in.told_back.v1"
    recipient = Id(open="who was looked in on")
    message = Id(open="the message that told it")


class AlarmRaised(EventSchema):
    """Red path: an elder on the floor, a child missing. Nothing routine goes out about this person any more."""

    TYPE = "alarm.raised.v1"
    KINDS = frozenset({Kind.URGENT})
    recipient = Id(open="who is in danger")
    by = Id(open="who said so")
    words = Text(500, optional=True)


class ContactProven(EventSchema):
    """The number answered: it is fresh, names may be sent to it for some months."""

    TYPE = "contact.proven.v1"
    person = Id(open="whose number")
    until = Instant(open="fresh until")


class ContactWrong(EventSchema):
    """`9`: this number belongs to somebody else. Nothing is sent to it any more, at once."""

    TYPE = "contact.wrong.v1"
    KINDS = RESTRICTS
    person = Id(open="whose number it was said to be")


class ContactStopped(EventSchema):
    """`TD`: this number wants no messages. Obeyed at once; care goes on."""

    TYPE = "contact.stopped.v1"
    KINDS = RESTRICTS
    person = Id(open="who asked")


class ContactUnreachable(EventSchema):
    """A family could not be reached: the number does not exist or was off too long."""

    TYPE = "contact.unreachable.v1"
    person = Id(open="who")
    about = Id(open="about whom", optional=True)
    why = Word("no_such_number", "expired", open="why")

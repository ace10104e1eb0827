"""What one thing is worth as evidence that a visit took place, stated and with its reason. Pure; no model, no weights learnt.

Only those present are witnesses (docs/domain.md, rule 1): a mother 900 km away is none, and there is no channel for her here.
A channel that comes later is one more row of the table and one line in gather.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Channel:
    """How much a point of this kind is worth, and why not more or less."""

    worth: int
    why: str


CHANNELS: Mapping[str, Channel] = {
    "home": Channel(3, "somebody living there was asked by lot, on a number that had answered before, and said yes"),
    "carer": Channel(3, "who cares for them was at home, was asked by lot, and said yes"),
    "neighbour": Channel(2, "a neighbour saw somebody come; what happened inside they did not see"),
    "quick_yes": Channel(1, "a yes within seconds of the question: before an old person has read it"),
    "door_code": Channel(2, "the code at the door was given at check-in; it can be copied, and the branch hung it up"),
    "home_call": Channel(2, "the visitor rang from the home, and a clerk read its number off the display: two people's word"),
    "other_visitor": Channel(2, "another visitor, with an account and a device of their own, was in the home at the same hour"),
    "number_renewed": Channel(1, "a number written down at the visit answered by itself afterwards: agreed, and came true"),
    "checked_in": Channel(0, "the visitor's own word, at the hour: it is what is to be shown"),
    "reported": Channel(0, "the visitor's own word, afterwards: it is what is to be shown"),
    "disputed": Channel(-3, "somebody present was asked and said that nobody came"),
}
"""3: a witness of the visit. 2: shows it alone, but could be arranged by one person more. 1: only together with another.
Sources of the rules: docs/domain.md, rules 1, 8, 14, 15."""
SHOWN_FROM = 2
"""Two weak points, or one that stands alone. A single number answered in a second shows nothing by itself."""
AGAINST = "disputed"


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that speaks for or against a visit. `event` is the id of the event that shows it: the log has its entry."""

    channel: str
    event: str
    at: datetime | None = None
    hidden: bool = False
    """Its entry names nobody, and only the whole county's readers are led to it."""

    @property
    def worth(self) -> int:
        """What the table says it is worth."""
        return CHANNELS[self.channel].worth

    @property
    def why(self) -> str:
        """The table's reason."""
        return CHANNELS[self.channel].why

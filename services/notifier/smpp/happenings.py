"""What happens on the line, told to the notifier in batches. Each says what is certain and what is not.

Every `ref` given to `Line.submit` gets exactly one of Accepted, Refused, Throttled, NotSent or Unknown; after Unknown one
late Accepted or Refused may follow, when the carrier answers after all. Copies of Receipt and Answer are possible: what was
not acknowledged in time comes again.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier took every part; `carrier_ids` has one id per part, in order. Receipts name these ids."""

    ref: str
    carrier_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier will not take it (`status` is the SMPP command_status). Sending it again as it is will not help.

    `carrier_ids`: parts taken before the refused one; the phone shows nothing, or rubbish.
    """

    ref: str
    status: int
    carrier_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Throttled:
    """The carrier said "slow down" until patience ended; no part was taken, so it may be queued again, later."""

    ref: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The line broke before anything of it was on the wire: may be queued again."""

    ref: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Sent, wholly or in part, and not answered. Never send it again by itself: a receipt or a person settles it.

    `carrier_ids`: parts known to be taken. The others can only be matched by number and time (`Receipt.number`).
    """

    ref: str
    carrier_ids: tuple[str, ...]


class ReceiptState(Enum):
    """What a receipt says of one part. The notifier lets no later receipt turn a final state back."""

    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    ON_THE_WAY = "on_the_way"
    """Accepted or en route: nothing is settled."""

    @property
    def final(self) -> bool:
        """Whether nothing more is to come."""
        return self is not ReceiptState.ON_THE_WAY


@dataclass(frozen=True, slots=True)
class Receipt:
    """The carrier's word on one part. Look for `carrier_id` itself first, then for the other forms of `ids_of`.

    May come before the Accepted that names the id, and twice. `at` is the carrier's "done date" (to the minute), or
    None. `number` is the phone it speaks of, to settle an unknown message.
    """

    carrier_id: str
    state: ReceiptState
    at: datetime | None
    number: str
    error: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A message from a phone, put together. `whole` is False when a part never came (`text` shows the gap as …).

    `sender` as the carrier wrote it; `to` is the number written to. Not to be trusted as identity: senders are forged.
    """

    sender: str
    to: str
    text: str
    whole: bool = True


Happening = Accepted | Refused | Throttled | NotSent | Unknown | Receipt | Answer

"""The network between client and handsets: takes messages, lets county time decide them, and queues what goes back.

Runs in the event loop's thread alone. Nothing here waits: sessions take what is `ready`, `tick` moves what fell due.
"""

import heapq
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import count

from deploy.local.carrier import text
from deploy.local.carrier.behaviour import Behaviour, kind_of
from deploy.local.carrier.handsets import Handset, Handsets, Message
from deploy.local.carrier.outbound import Outbound, Taken, answer, receipt
from deploy.local.carrier.pdu import BAD_DESTINATION, OK, THROTTLED, Submit
from shared.clock import CountyClock, to_wire

MOST_OPEN = 10_000
"""Long messages of which a part is missing; beyond, the oldest is forgotten."""


@dataclass(slots=True)
class Counts:
    """Messages (not parts): taken, settled either way, and answers acknowledged by the client."""

    submitted: int = 0
    delivered: int = 0
    failed: int = 0
    answers: int = 0
    parts: int = 0
    lost_answers: int = 0


@dataclass(slots=True)
class Faults:
    """What the next submits meet, for tests: `mute` ones are taken and never answered, `throttle` ones get 0x58."""

    mute: int = 0
    throttle: int = 0


@dataclass(slots=True)
class Network:
    """Everything behind the wire. `decimal_receipts`: receipts name ids in decimal, as some carriers do."""

    clock: CountyClock
    behaviour: Behaviour
    first_id: int
    decimal_receipts: bool = False
    handsets: Handsets = field(default_factory=Handsets)
    counts: Counts = field(default_factory=Counts)
    faults: Faults = field(default_factory=Faults)
    ready: deque[Outbound] = field(default_factory=deque)
    unsettled: int = 0
    """deliver_sm that left and are not acknowledged, or wait to be tried again."""
    now: datetime = field(init=False)
    _due: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _open: dict[tuple[str, int, int], dict[int, Taken]] = field(default_factory=dict)
    _order: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.now = self.clock.now()

    def tick(self) -> None:
        """Read county time and do all that fell due, in the order of its instants."""
        self.now = self.clock.now()
        while self._due and self._due[0][0] <= self.now:
            heapq.heappop(self._due)[2]()

    def submit(self, asked: Submit) -> tuple[int, str, bool]:
        """Take one submit_sm: status, message id, and whether the client is to be answered at all."""
        number = asked.destination.lstrip("+")
        if not (number.isdigit() and 5 <= len(number) <= 20):
            return BAD_DESTINATION, "", True
        if self.faults.throttle > 0:
            self.faults.throttle -= 1
            return THROTTLED, "", True
        muted = self.faults.mute > 0
        self.faults.mute -= muted
        message_id = f"{self.first_id + next(self._order):010X}"
        self.counts.parts += 1
        self._arrive(asked, message_id)
        return OK, message_id, not muted

    def answers(self, handset: Handset, words: str) -> None:
        """The family sends this text, now."""
        handset.add(Message(self.now, True, words, "SENT"))
        self.ready.extend(answer(handset, words, next(self._order)))

    def acknowledged(self, outbound: Outbound) -> None:
        """The client has it for good."""
        self.unsettled -= 1
        self.counts.answers += outbound.counts

    def given_up(self, outbound: Outbound) -> None:
        """The client refused it for good."""
        self.unsettled -= 1
        self.counts.lost_answers += outbound.counts

    def again(self, outbound: Outbound) -> None:
        """It goes back to the front: the client was cut off or too busy."""
        self.unsettled -= 1
        self.ready.appendleft(outbound)

    def state(self) -> dict[str, object]:
        """For the conductor. Idle: nothing due is undone, nothing unsent, nothing unacknowledged."""
        self.tick()
        return {
            "idle": not self.ready and not self.unsettled,
            "county_time": to_wire(self.now),
            "next_due": to_wire(self._due[0][0]) if self._due else None,
            **asdict(self.counts),
        }

    def _arrive(self, asked: Submit, message_id: str) -> None:
        place, body = text.take_header(asked.payload) if asked.esm_class & text.UDHI else (None, asked.payload)
        taken = Taken(message_id, asked.registered, asked.coding, body, self.now)
        handset = self.handsets.reached(asked.destination, asked.source)
        if place is None:
            self._whole(handset, [taken])
            return
        reference, total, number = place
        key = (handset.number, reference, total)
        parts = self._open.setdefault(key, {})
        parts[number] = taken
        if len(parts) == total:
            del self._open[key]
            self._whole(handset, [parts[number] for number in sorted(parts)])
        elif len(self._open) > MOST_OPEN:
            del self._open[next(iter(self._open))]

    def _whole(self, handset: Handset, parts: list[Taken]) -> None:
        words = sys.intern(text.read(b"".join(part.part for part in parts), parts[0].coding))
        kind = kind_of(words)
        nth = handset.nth(kind)
        fate = self.behaviour.fate(handset.number, kind, nth, self.now, self.handsets.came(handset.number))
        message = Message(self.now, False, words, "ENROUTE")
        handset.add(message)
        self.counts.submitted += 1
        self._at(fate.settles_at, lambda: self._settle(handset, message, parts, fate.state))
        said, answers_at = fate.answer, fate.answers_at
        if said is not None and answers_at is not None:
            self._at(answers_at, lambda: self.answers(handset, said))

    def _settle(self, handset: Handset, message: Message, parts: list[Taken], state: str) -> None:
        message.state = state
        self.counts.delivered += state == "DELIVRD"
        self.counts.failed += state != "DELIVRD"
        for part in parts:
            if part.registered:
                shown = str(int(part.message_id, 16)) if self.decimal_receipts else part.message_id
                self.ready.append(receipt(handset, part, state, self.now, shown))

    def _at(self, instant: datetime, act: Callable[[], None]) -> None:
        if instant <= self.now:
            act()
        else:
            heapq.heappush(self._due, (instant, next(self._order), act))

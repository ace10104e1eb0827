"""The sending loop: one process at a time, by a lease, keeps the line up and hands over what is due.

Each batch is marked `submitting` and committed before the first of it is handed over; results come back through
`carrier_desk.py` while the next batch is on its way.
"""

import threading
from collections.abc import Callable

import structlog
from pymongo.errors import PyMongoError

from services.notifier.commands import dispatch
from services.notifier.commands.settle import settle
from services.notifier.smpp import Line, Refused
from services.notifier.store import Desk
from shared import errors
from shared.clock import MachineClock
from shared.faultpoints import FaultPoints
from shared.messaging.lease import Lease
from shared.units import Units

log = structlog.get_logger()
IDLE_SECONDS = 0.1
DOWN_SECONDS = 0.2
RENEW_SECONDS = 1.5
NO_DESTINATION = 0x0B
"""ESME_RINVDSTADR: what the carrier would say of a number that is none."""


class Outgoing:
    """Run by the worker as loop `outgoing`. `new_line` makes a line that is not started."""

    def __init__(
        self,
        desk: Desk,
        units: Units,
        lease: Lease,
        new_line: Callable[[], Line],
        clock: MachineClock,
        faults: FaultPoints,
        capacity: int,
    ) -> None:
        self._desk, self._units, self._lease, self._new_line = desk, units, lease, new_line
        self._clock, self._faults, self._capacity = clock, faults, capacity
        self._line: Line | None = None
        self._held_at = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Send until stopped; then wait for the answers on their way, within their time."""
        try:
            while not stop.is_set():
                try:
                    stop.wait(self._turn())
                except PyMongoError as error:
                    log.warning("sending_interrupted", error=type(error).__name__)
                    stop.wait(1.0)
        finally:
            self._hang_up()
            self._lease.give_back()

    def _turn(self) -> float:
        """One look at the queue. Returns how many seconds to rest."""
        if not self._leads():
            return DOWN_SECONDS
        line = self._line or self._pick_up()
        state = line.state()
        room = self._capacity - state.waiting - state.in_flight
        if not state.bound or room < 1:
            return DOWN_SECONDS if not state.bound else IDLE_SECONDS / 10
        letters = self._units.run(lambda unit: dispatch.take(self._desk, unit, min(dispatch.MOST, room)))
        self._faults.passing("before_handing_over")
        self._hand_over(line, letters)
        self._faults.passing("after_handing_over")
        return 0 if letters else IDLE_SECONDS

    def _leads(self) -> bool:
        now = self._clock.monotonic()
        if now - self._held_at < RENEW_SECONDS:
            return True
        if self._lease.hold():
            self._held_at = now
            return True
        self._hang_up()
        return False

    def _pick_up(self) -> Line:
        """Before the first message: what an ended process left half handed over is unknown."""
        while self._units.run(lambda unit: dispatch.recover(self._desk, unit)):
            pass
        self._line = self._new_line()
        self._line.start()
        return self._line

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.stop()
            self._line = None

    def _hand_over(self, line: Line, letters: list[dispatch.Letter]) -> None:
        for number, letter in enumerate(letters):
            try:
                line.submit(letter.ref, letter.to, letter.text)
            except errors.Busy:
                self._give_back([one.ref for one in letters[number:]])
                return
            except errors.Refused:
                self._refuse(letter.ref)

    def _give_back(self, refs: list[str]) -> None:
        self._units.run(lambda unit: dispatch.give_back(unit, refs))

    def _refuse(self, ref: str) -> None:
        word = Refused(ref, NO_DESTINATION, ())
        self._units.run(lambda unit: settle(self._desk, unit, [word], []))

"""Between the line and the database: what happens on the wire is committed in batches; answers are acknowledged after it."""

from collections.abc import Sequence

from services.notifier.commands.answers import hear
from services.notifier.commands.hearing import records_for
from services.notifier.commands.settle import settle
from services.notifier.smpp import Answer, Happening, Receipt
from services.notifier.store import Desk
from shared.faultpoints import FaultPoints
from shared.units import Unit, Units


class CarrierDesk:
    """The line's `tell`. Raises what the database raises; the line then tells again, one by one."""

    def __init__(self, desk: Desk, units: Units, faults: FaultPoints) -> None:
        self._desk, self._units, self._faults = desk, units, faults

    def __call__(self, batch: Sequence[Happening]) -> None:
        """Commit a batch: words and receipts in one unit of work, answers in another."""
        words = [one for one in batch if not isinstance(one, Receipt | Answer)]
        receipts = [one for one in batch if isinstance(one, Receipt)]
        if words or receipts:
            self._units.run(lambda unit: settle(self._desk, unit, words, receipts))
        answers = [one for one in batch if isinstance(one, Answer)]
        if answers:
            self._hear(answers)
        self._faults.passing("after_telling")

    def _hear(self, answers: Sequence[Answer]) -> None:
        records = records_for(self._desk, self._units, answers)

        def work(unit: Unit) -> None:
            hear(self._desk, unit, answers, records)

        self._units.run(work)

"""Watches the services' beats: a minute without one is a concern, and the next beat closes it (docs/design.md, section 4).

Machine time only. When the broker itself is away all fall silent at once, which is what there is to say then.
"""

import threading
from collections.abc import Sequence

import structlog
from pymongo.errors import PyMongoError

from services.audit.commands.concerns import Concerns, Matter
from shared.clock import MachineClock
from shared.duty.heartbeats import Heartbeats
from shared.healing.beats import SILENT_AFTER_SECONDS, Beat, BeatListener
from shared.messaging.units import Units

log = structlog.get_logger()
LOOK_EVERY_SECONDS = 2.0


class Silence:
    """The watch over some services. Its loop runs until stopped."""

    def __init__(
        self,
        units: Units,
        concerns: Concerns,
        clock: MachineClock,
        amqp_url: str,
        home: str,
        services: Sequence[str],
        heartbeats: Heartbeats,
    ) -> None:
        self._units, self._concerns, self._clock, self._home = units, concerns, clock, home
        self._listener = BeatListener(amqp_url, self.hear)
        self._heartbeats = heartbeats
        self._began = clock.monotonic()
        self._heard = dict.fromkeys(services, self._began)
        self._silent: dict[str, bool | None] = dict.fromkeys(services)

    def run(self, stop: threading.Event) -> None:
        """Listen and look until stopped."""
        ears = threading.Thread(target=self._listener.run, args=(stop,), name="ears", daemon=True)
        ears.start()
        while not stop.wait(LOOK_EVERY_SECONDS):
            try:
                self.look()
            except PyMongoError as error:
                log.warning("silence_not_noted", error=type(error).__name__)
        ears.join(2.0)

    def hear(self, beat: Beat) -> None:
        """A service lives: noted for the watch, and for the person on duty."""
        if beat.service not in self._heard:
            return
        self._heard[beat.service] = self._clock.monotonic()
        try:
            self._heartbeats.note(beat)
        except PyMongoError as error:
            log.warning("beat_not_noted", error=type(error).__name__)

    def look(self) -> None:
        """Open a concern for each service that fell silent, close it for each that is heard again."""
        now = self._clock.monotonic()
        for service, heard in list(self._heard.items()):
            silent = now - heard > SILENT_AFTER_SECONDS
            if not silent and heard == self._began:
                continue  # not heard since we started: nothing is known of it yet
            if silent is not self._silent[service]:
                self._note(service, silent)
                self._silent[service] = silent

    def _note(self, service: str, silent: bool) -> None:
        if silent:
            matter = Matter("silent_source", self._home, about=service, shown={"service": service})
            self._units.run(lambda unit: self._concerns.open(unit, matter))
        else:
            self._units.run(lambda unit: self._concerns.close_about(unit, service, ("silent_source",), "heard_again"))

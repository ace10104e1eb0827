"""Watches the services' beats: a minute without one is a concern, and the next beat closes it (docs/design.md, section 4).

Machine time only. When the broker itself is away no beat can come: that is said once, and of no service by itself.
"""

import threading
from collections.abc import Callable, Sequence

import structlog
from pymongo.errors import PyMongoError

from services.audit.commands.concerns import Concerns, Matter
from shared.clock import MachineClock
from shared.duty.heartbeats import Heartbeats
from shared.healing.beats import SILENT_AFTER_SECONDS, Beat, BeatListener
from shared.messaging.connection import BROKEN, connected
from shared.units import Units

log = structlog.get_logger()
LOOK_EVERY_SECONDS = 2.0
SILENT_SOURCE, BROKER_AWAY = "silent_source", "broker_away"


class Silence:
    """The watch over some services. Its loop runs until stopped. `answers`: whether the broker lets anybody in now."""

    def __init__(
        self,
        units: Units,
        concerns: Concerns,
        clock: MachineClock,
        amqp_url: str,
        home: str,
        services: Sequence[str],
        heartbeats: Heartbeats,
        answers: Callable[[], bool],
    ) -> None:
        self._units, self._concerns, self._clock, self._home = units, concerns, clock, home
        self._listener = BeatListener(amqp_url, self.hear)
        self._heartbeats, self._answers = heartbeats, answers
        self._began = clock.monotonic()
        self._heard = dict.fromkeys(services, self._began)
        self._silent: dict[str, bool | None] = dict.fromkeys(services)
        self._away: bool | None = None

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
        """Open a concern for each that fell silent, close it for each that is heard again; or say that the broker is away."""
        changed = {service: silent for service, silent in self._now().items() if silent is not self._silent[service]}
        if self._away or any(changed.values()):
            self._ask_broker()
        elif self._away is None and changed:
            self._note_broker(False)  # what a process before us may have left open
        for service, silent in changed.items():
            if not (silent and self._away):
                self._note(service, silent)
                self._silent[service] = silent

    def _now(self) -> dict[str, bool]:
        """Who is silent and who is not. Of one not heard since we started nothing is known until a minute is over."""
        now = self._clock.monotonic()
        silent = {service: now - heard > SILENT_AFTER_SECONDS for service, heard in self._heard.items()}
        return {each: is_silent for each, is_silent in silent.items() if is_silent or self._heard[each] != self._began}

    def _ask_broker(self) -> None:
        away = not self._answers()
        if away is not self._away:
            self._note_broker(away)
        if away:  # once it is back everybody has a minute
            for service in [each for each, silent in self._silent.items() if not silent]:
                self._heard[service] = self._clock.monotonic()

    def _note_broker(self, away: bool) -> None:
        if away:
            self._units.run(lambda unit: self._concerns.open(unit, Matter(BROKER_AWAY, self._home)))
        else:
            self._units.run(lambda unit: self._concerns.close_about(unit, "", (BROKER_AWAY,), "heard_again"))
        self._away = away

    def _note(self, service: str, silent: bool) -> None:
        if silent:
            matter = Matter(SILENT_SOURCE, self._home, about=service, shown={"service": service})
            self._units.run(lambda unit: self._concerns.open(unit, matter))
        else:
            self._units.run(lambda unit: self._concerns.close_about(unit, service, (SILENT_SOURCE,), "heard_again"))


def broker_answers(amqp_url: str) -> bool:
    """Whether the broker lets us in. Takes some seconds when nothing answers there."""
    try:
        with connected(amqp_url):
            return True
    except BROKEN:
        return False

"""The duty page's side of one service in tests: its app, whoever asks, and events that are parked."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from shared.access import Principal, Role
from shared.clock import MachineClock
from shared.events import Event
from shared.events.envelope import read
from shared.http import csrf_of
from shared.ids import new_id
from shared.inbox import held
from shared.runtime import Runtime
from shared.tokens import TokenMaker
from shared.worker import Duties, inbox_of
from tests.county import County, tell_roster
from tests.told import told_events

SESSION = "session"
HTML = {"Accept": "text/html"}


class DutyOffice:
    """One service of a county. `account` is who is on duty unless another is named."""

    def __init__(self, county: County, service: str = "scheduler") -> None:
        self.county, self.service = county, service
        self.runtime: Runtime = county.service(service)
        self.registry: Runtime = county.service("registry")
        self.app: Flask = county.app(service)
        self.account = new_id()
        key = county.settings.data / "tokens" / "token.key"
        self._maker = TokenMaker(key, county.settings.county, MachineClock())

    @property
    def api(self) -> str:
        """Where this service's own part of the API begins."""
        return f"/api/v1/{self.service}/duty"

    @property
    def pages(self) -> str:
        """Where its own part of the page begins."""
        return f"/pages/{self.service}/duty"

    def token(self, role: Role = Role.ADMINISTRATOR, account: str = "", branch: str = "") -> str:
        """What an account of this role is let in with, at every service."""
        place = branch or self.county.settings.county
        who = Principal(account or self.account, role, place, 1, "", SESSION)
        return self._maker.make(who, ["registry", "scheduler", "notifier", "audit"])

    def headers(self, role: Role = Role.ADMINISTRATOR, **more: str) -> dict[str, str]:
        """What a program of this role sends."""
        return {"Authorization": f"Bearer {self.token(role, **more)}", "Idempotency-Key": new_id()}

    def get(self, path: str, **query: str) -> Any:
        """GET as who is on duty."""
        return self.app.test_client().get(path, query_string=query, headers=self.headers())

    def post(self, path: str, account: str = "", key: str = "") -> Any:
        """POST as who is on duty, or as another administrator."""
        headers = self.headers(account=account) | ({"Idempotency-Key": key} if key else {})
        return self.app.test_client().post(path, headers=headers)

    def browser(self) -> FlaskClient:
        """A browser with the session of who is on duty."""
        client = self.app.test_client()
        client.set_cookie("springrain", self.token())
        return client

    def form(self, key: str) -> dict[str, str]:
        """What a form of that session sends."""
        with self.app.app_context():
            return {"csrf": csrf_of(SESSION), "idempotency_key": key}

    def park(self, reason: str = "ValueError", trace: str = "handlers.py:12 enrol", **more: Any) -> list[Event]:
        """A roster's first event, parked here, and its second, which waits behind it."""
        subject, inbox = new_id(), inbox_of(self.runtime, Duties())
        told = [self.registry.units.run(tell_roster(self.registry, subject, revision)) for revision in (1, 2)]
        self.runtime.units.run(lambda unit: inbox.lay_aside(unit, told[0], held.PARKED, reason=reason, trace=trace, **more))
        self.runtime.units.run(lambda unit: inbox.lay_aside(unit, told[1], held.AHEAD))
        return told

    def skip(self) -> Event:
        """A roster's second event comes and its first does not: a hole."""
        subject, inbox = new_id(), inbox_of(self.runtime, Duties())
        _, second = (self.registry.units.run(tell_roster(self.registry, subject, revision)) for revision in (1, 2))
        self.runtime.units.run(lambda unit: inbox.take(unit, [second]))
        return second

    def state(self, event: Event) -> str:
        """In which state an event is held; empty when it is not."""
        row = self.runtime.database[held.NAME].find_one({"_id": event.id})
        return str(row["state"]) if row else ""

    def released(self) -> list[tuple[str, str, str]]:
        """Who decided what about which event, as it was told."""
        rows = told_events(self.runtime.database, type="event.released.v1")
        events = [read(bytes(row["body"])) for row in rows]
        return [(event.actor, event.data["decision"], event.data.get("event", "")) for event in events]

"""The HTTP side every service shares: border, tokens, page kit, health. A service's `app.py` adds its own views to it."""

import threading
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pymongo
from flask import Blueprint as PlainBlueprint
from flask import Flask, Response, jsonify, request
from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector
from pymongo.errors import PyMongoError

from shared.duty import api as duty_api
from shared.duty import pages as duty_pages
from shared.duty.desk import open_desk
from shared.duty.figures import Reader
from shared.duty.verdict import LATE_SECONDS
from shared.duty.words import DUTY_WORDS
from shared.healing.recall import RecallGate, recalling
from shared.http.app import Border, make_app
from shared.http.blueprint import Blueprint
from shared.http.cursors import Cursors
from shared.http.idempotency import NAME as IDEMPOTENCY
from shared.http.idempotency import Idempotent
from shared.http.roles import open_to_all
from shared.http.watch import open_requests
from shared.metrics import backbone_metrics
from shared.pages.kit import Office, install
from shared.pages.navigation import DEMO_MENU, MENU, Doors, Link
from shared.pages.words import joined
from shared.quiet import report
from shared.rights import NAME as RIGHTS
from shared.rights import RightsBook
from shared.runtime import Runtime
from shared.sealing.master import read_key
from shared.tokens import TokenReader
from shared.units.outbox import Outbox

SERVICES = ("registry", "scheduler", "notifier", "audit")
BORDER_KEY = "border.key"
DUTY_ROOM = Path(duty_pages.__file__).parent
DEMO_ONLY = frozenset(DEMO_MENU) - frozenset(MENU)
ANSWERS_WITHIN_SECONDS = 2.0
"""Whoever asks for health must know soon that the database says nothing."""
READS = ("GET", "HEAD", "OPTIONS")
Extra = Callable[[], Mapping[str, Any]]


def border_secret(data: Path) -> bytes:
    """The 32 bytes all services of the county share for CSRF tokens and cursors. Raises ConfigError."""
    return read_key(data / BORDER_KEY, "SPRINGRAIN_DATA")


def token_reader(runtime: Runtime) -> TokenReader:
    """Reads tokens for this service."""
    rights = RightsBook(runtime.database[RIGHTS], runtime.machine_clock)
    public = [runtime.settings.data / "tokens" / "token.pub"]
    return TokenReader(public, runtime.settings.county, runtime.service, rights, runtime.machine_clock)


def idempotent(runtime: Runtime) -> Idempotent:
    """The keeper of Idempotency-Keys, with its index made."""
    keeper = Idempotent(runtime.units, runtime.database[IDEMPOTENCY], runtime.machine_clock)
    keeper.prepare()
    return keeper


def cursors(runtime: Runtime) -> Cursors:
    """The maker and reader of this service's cursors."""
    return Cursors(border_secret(runtime.settings.data), runtime.service)


def service_app(
    runtime: Runtime,
    *,
    blueprints: Iterable[Blueprint] = (),
    pages: Iterable[PlainBlueprint] = (),
    folder: Path | None = None,
    links: Iterable[Link] = DEMO_MENU,
    words: Any = None,
    quiet_extra: Extra = dict,
    ready_extra: Callable[[], Mapping[str, str]] = dict,
    figures: Iterable[Collector] = (),
) -> Flask:
    """The Flask app of a service. `folder` is its `pages/` room; `quiet_extra` adds to what the conductor is told.

    `ready_extra` gives the states of what this service alone stands on, once the database has answered; `figures` are its own.
    """
    settings = runtime.settings
    threading.Thread(target=runtime.sweep_keys, args=(runtime.closed,), name="keys", daemon=True).start()
    reader = Reader(runtime)
    desk = open_desk(runtime, reader, idempotent(runtime), cursors(runtime), SERVICES)
    app, _api = make_app(
        runtime.service,
        Border(hosts=settings.hosts, secret=border_secret(settings.data), version=our_version()),
        token_reader=token_reader(runtime),
        ready=lambda: readiness(runtime, ready_extra),
        registry=_metrics(reader, figures),
        blueprints=[*blueprints, duty_api.blueprint(desk)],
        pages=[*pages, duty_pages.blueprint(desk)],
    )
    install(
        app,
        service=runtime.service,
        front_links=[link for link in links if settings.demo or link not in DEMO_ONLY],
        folder=folder,
        rooms=[DUTY_ROOM],
        words=joined(DUTY_WORDS, words or {}),
        office=Office(phone=settings.office_phone, person_in_charge=settings.person_in_charge),
        doors=Doors(),
    )
    app.extensions["runtime"] = runtime
    _refuse_commands_until_recalled(app, runtime)
    if settings.demo:
        _mount_quiet(app, runtime, quiet_extra)
    return app


def _refuse_commands_until_recalled(app: Flask, runtime: Runtime) -> None:
    gate = RecallGate(runtime.database, runtime.machine_clock)
    app.before_request(lambda: None if request.method in READS else gate.refuse_when_closed())


def _metrics(reader: Reader, figures: Iterable[Collector]) -> CollectorRegistry:
    """The backbone's figures and the service's own."""
    metrics = CollectorRegistry()
    backbone_metrics(reader, metrics)
    for own in figures:
        metrics.register(own)
    return metrics


def readiness(runtime: Runtime, extra: Callable[[], Mapping[str, str]] = dict) -> dict[str, str]:
    """What this service stands on: the database, room in the outbox, a broker that takes what lies there, and its own.

    Degraded, not down, when events wait for more than half a minute: work goes on as long as the outbox has room.
    """
    try:
        with pymongo.timeout(ANSWERS_WITHIN_SECONDS):
            runtime.client.admin.command("ping")
            waiting = runtime.bound.waiting()
            late = Outbox(runtime.database).oldest_seconds(runtime.machine_clock) > LATE_SECONDS
            restored = recalling(runtime.database)
            own = dict(extra())
    except PyMongoError:
        return {"database": "down: does not answer"}
    if waiting >= runtime.settings.outbox_bound:
        return {"database": "ok", "outbox": "down: full, the broker is away", **own}
    if restored:
        return {"database": "degraded: restored, reads back what it told", "outbox": "ok", **own}
    behind = late or waiting > runtime.settings.outbox_bound // 10
    return {"database": "ok", "outbox": "degraded: the broker is away or behind" if behind else "ok", **own}


def our_version() -> str:
    """The version of Springrain that runs."""
    try:
        return version("springrain")
    except PackageNotFoundError:
        return "0"


def _mount_quiet(app: Flask, runtime: Runtime, extra: Extra) -> None:
    @app.get("/health/quiet")
    @open_to_all
    def quiet() -> Response:
        return jsonify({**report(runtime, open_requests(app)), **extra()})

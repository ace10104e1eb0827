"""The notifier's HTTP side put together. `gunicorn "services.notifier.app:create_app()"`."""

import os
from pathlib import Path

from flask import Flask

from services.notifier.api.messages import answers_api, messages_api
from services.notifier.api.templates import templates_api
from services.notifier.pages.views import pages
from services.notifier.pages.words import NOTIFIER_WORDS
from services.notifier.queries import Queries
from services.notifier.wiring import desk_of
from shared.app import cursors, service_app
from shared.config import Settings, load_settings
from shared.logs import configure_logs
from shared.looks import Looks
from shared.pages.event_words import EVENT_WORDS
from shared.pages.navigation import DEMO_MENU, MENU
from shared.pages.words import joined
from shared.runtime import Runtime, open_runtime


def create_app(settings: Settings | None = None) -> Flask:
    """The app of one process; without settings those of the environment. Call it after a fork."""
    if settings is None:
        configure_logs("notifier")
        settings = load_settings(os.environ)
    return app_of(open_runtime(settings, "notifier"))


def app_of(runtime: Runtime) -> Flask:
    """The app on a runtime that is open."""
    desk = desk_of(runtime)
    queries = Queries(desk, runtime.database)
    looks = Looks(runtime.units, runtime.database, runtime.county_clock)
    looks.prepare()
    pointer = cursors(runtime)
    demo = runtime.settings.demo
    return service_app(
        runtime,
        blueprints=[messages_api(queries, pointer), answers_api(queries, pointer), templates_api()],
        pages=[pages(queries, looks, demo=demo)],
        folder=Path(__file__).parent / "pages",
        links=DEMO_MENU if demo else MENU,
        words=joined(EVENT_WORDS, NOTIFIER_WORDS),
        quiet_extra=lambda: {"in_hand": queries.in_hand()},
    )

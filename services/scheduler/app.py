"""The scheduler's HTTP side put together: visits, plans, what is not covered, and the volunteer's day."""

import os
from pathlib import Path

from flask import Flask

from services.scheduler.api.plans import plans_blueprint, uncovered_blueprint
from services.scheduler.api.visits import visits_blueprint
from services.scheduler.deeds import Deeds
from services.scheduler.open_day import Doors
from services.scheduler.pages.day import day_blueprint
from services.scheduler.pages.door_cards import door_cards_blueprint
from services.scheduler.pages.lists import lists_blueprint
from services.scheduler.pages.parts import parts_blueprint
from services.scheduler.pages.typed import typed_blueprint
from services.scheduler.pages.words import SCHEDULER_WORDS
from services.scheduler.queries import Queries
from services.scheduler.wiring import open_desk
from shared.app import cursors, idempotent, service_app
from shared.config import Settings, load_settings
from shared.logs import configure_logs
from shared.looks import Looks
from shared.pages.navigation import DEMO_MENU, MENU
from shared.runtime import open_runtime


def create_app(settings: Settings | None = None) -> Flask:
    """The app; settings come from the environment unless given. Make it after a fork. Raises ConfigError."""
    if settings is None:
        configure_logs("scheduler")
        settings = load_settings(os.environ)
    runtime = open_runtime(settings, "scheduler")
    desk, queries, position = open_desk(runtime), Queries(runtime.database), cursors(runtime)
    looks = Looks(runtime.units, runtime.database, runtime.county_clock)
    looks.prepare()
    doors = Doors(queries, runtime.sealer, looks)
    deeds = Deeds(desk, idempotent(runtime), runtime.bound)
    return service_app(
        runtime,
        blueprints=[
            visits_blueprint(desk, queries, doors, deeds, position),
            plans_blueprint(queries, position),
            uncovered_blueprint(desk, queries, position),
        ],
        pages=[
            day_blueprint(desk, queries, doors, deeds),
            parts_blueprint(desk, queries),
            lists_blueprint(desk, queries, position),
            door_cards_blueprint(desk, queries, position),
            typed_blueprint(desk, queries),
        ],
        folder=Path(__file__).parent / "pages",
        links=DEMO_MENU if settings.demo else MENU,
        words=SCHEDULER_WORDS,
    )

"""The registry's HTTP side put together: who is cared for, by whom, and with which right."""

import os
from pathlib import Path

from flask import Flask

from services.registry import api
from services.registry.desk import open_desk
from services.registry.pages import blueprints, sign_in
from services.registry.pages.renewal import install_renewal
from services.registry.pages.words import REGISTRY_WORDS
from services.registry.queries.jobs import jobs_under_way
from services.registry.wiring import limit_sign_ins, open_front
from shared.app import service_app
from shared.config import Settings, load_settings
from shared.logs import configure_logs
from shared.pages.navigation import DEMO_MENU, MENU
from shared.runtime import open_runtime

SIGN_INS = ("sign_ins.sign_in", "sign_in_page.sign_in")


def create_app(settings: Settings | None = None) -> Flask:
    """The app; settings come from the environment unless given. Make it after a fork. Raises ConfigError."""
    if settings is None:
        configure_logs("registry")
        settings = load_settings(os.environ)
    desk = open_desk(open_runtime(settings, "registry"))
    front = open_front(desk)
    app = service_app(
        desk.runtime,
        blueprints=api.blueprints(front),
        pages=[sign_in.blueprint(front.door), *blueprints(front)],
        folder=Path(__file__).parent / "pages",
        links=DEMO_MENU if settings.demo else MENU,
        words=REGISTRY_WORDS,
        quiet_extra=lambda: {"jobs": jobs_under_way(desk)},
    )
    install_renewal(app, front.door, front.reader)
    limit_sign_ins(app, desk, SIGN_INS)
    return app

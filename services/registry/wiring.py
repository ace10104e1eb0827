"""What the registry's app and its worker both put together: clocks to commands in one screen."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask

from services.registry.commands.sessions import Door
from services.registry.desk import Desk
from services.registry.passwords import Passwords
from shared.app import border_secret, cursors, idempotent, token_reader
from shared.http import Cursors, Idempotent, by_field, make_limiter
from shared.looks import Looks
from shared.tokens import TokenMaker, TokenReader


@dataclass(frozen=True)
class Front:
    """What the registry's views are given."""

    desk: Desk
    door: Door
    reader: TokenReader
    once: Idempotent
    cursors: Cursors
    looks: Looks


def open_front(desk: Desk) -> Front:
    """Everything the HTTP side needs beyond the desk. Raises ConfigError when a key file is missing."""
    runtime = desk.runtime
    maker = TokenMaker(runtime.settings.data / "tokens" / "token.key", runtime.settings.county, runtime.machine_clock)
    looks = Looks(desk.units, desk.database, runtime.county_clock)
    looks.prepare()
    return Front(desk, Door(desk, Passwords(), maker), token_reader(runtime), idempotent(runtime), cursors(runtime), looks)


TRIES: Mapping[str, str] = {"address": "30 per minute", "name": "5 per minute"}
"""Wrong sign-ins that are borne: from one address, and for one name. Right ones cost nothing."""


def limit_sign_ins(app: Flask, desk: Desk, endpoints: tuple[str, ...]) -> None:
    """Count failed tries at these views, in the database, for all processes together."""
    settings = desk.runtime.settings
    url = settings.mongo_url + ("&" if "?" in settings.mongo_url else "?") + "serverSelectionTimeoutMS=3000"
    limiter = make_limiter(app, url, desk.database.name)
    key = by_field(border_secret(settings.data), "name")
    for endpoint in endpoints:
        view = app.view_functions[endpoint]
        view = limiter.limit(TRIES["address"], methods=["POST"], deduct_when=_failed)(view)
        view = limiter.limit(TRIES["name"], methods=["POST"], key_func=key, deduct_when=_failed)(view)
        app.view_functions[endpoint] = view


def _failed(answer: object) -> bool:
    return getattr(answer, "status_code", 200) == 401

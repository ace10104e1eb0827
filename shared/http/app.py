"""A service's HTTP side put together: one call, everything passed in, the same border for all four services."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint as PlainBlueprint
from flask import Flask, Response, current_app, request
from flask_talisman import Talisman
from prometheus_client import CollectorRegistry
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.http.access import install_guard
from shared.http.blueprint import Blueprint
from shared.http.idempotency import install_key_check
from shared.http.openapi import Api, describe_headers, make_api
from shared.http.problems import install_problems
from shared.http.roles import open_to_all
from shared.http.trace import install_trace
from shared.http.uploads import body_limit
from shared.http.watch import install_watch
from shared.tokens import TokenReader

MIB = 1024 * 1024
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


@dataclass(frozen=True, slots=True)
class Border:
    """How a service meets the outside.

    `hosts`: names it answers to (without port); any other Host is 400. `secret`: 32 random bytes all services of the county
    share (CSRF tokens, cursors). `proxies`: how many hops in front of it are ours, whose X-Forwarded-For and -Proto count.
    `https`: whether the front speaks TLS, so that the browser is told to insist on it.
    """

    hosts: tuple[str, ...]
    secret: bytes
    version: str
    proxies: int = 1
    https: bool = False
    max_body: int = MIB


def make_app(
    name: str,
    border: Border,
    *,
    token_reader: TokenReader,
    ready: Callable[[], Mapping[str, str]],
    registry: CollectorRegistry,
    blueprints: Iterable[Blueprint] = (),
    pages: Iterable[PlainBlueprint] = (),
) -> tuple[Flask, Api]:
    """The Flask app of service `name`, with its API described at /api/v1/<name>/openapi.json.

    `blueprints` are of the API (described), `pages` are not. Every view must be marked `@needs(...)` or `@open_to_all`:
    an unmarked one answers 403. Call it after a fork when what is passed in holds connections.
    """
    app = Flask(name, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config.update(
        TRUSTED_HOSTS=list(border.hosts),
        MAX_CONTENT_LENGTH=border.max_body,
        MAX_FORM_MEMORY_SIZE=border.max_body,
        MAX_FORM_PARTS=100,
    )
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=border.proxies, x_proto=border.proxies)  # type: ignore[method-assign]
    install_trace(app)
    install_watch(app, name, border.version, ready, registry)
    install_problems(app)
    app.before_request(_check_body)
    install_guard(app, token_reader, border.secret, border.https)
    install_key_check(app)
    _install_headers(app, border)
    return app, _install_views(app, name, border.version, blueprints, pages)


def _install_views(
    app: Flask, name: str, version: str, blueprints: Iterable[Blueprint], pages: Iterable[PlainBlueprint]
) -> Api:
    api = make_api(app, name, version)
    app.view_functions["api-docs.openapi_json"] = open_to_all(_plain(app.view_functions["api-docs.openapi_json"]))
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    for page in pages:
        app.register_blueprint(page)
    describe_headers(api)
    return api


def _plain(view: Callable[..., Any]) -> Callable[..., Any]:
    """A bound method takes no mark; a function around it does."""
    return lambda **arguments: view(**arguments)


def _check_body() -> None:
    """Refuse a body that is announced too large, or compressed, before a byte of it is read."""
    if request.routing_exception is not None:
        return
    limit = body_limit(current_app.view_functions[request.endpoint or ""], request.method)
    if limit is not None:
        request.max_content_length = limit
    if (request.content_length or 0) > (request.max_content_length or 0):
        raise RequestEntityTooLarge
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("send the body as it is, not compressed")


def _install_headers(app: Flask, border: Border) -> None:
    Talisman(
        app,
        force_https=False,  # the front redirects
        session_cookie_secure=border.https,
        strict_transport_security=border.https,
        content_security_policy=POLICY,
        frame_options="DENY",
        referrer_policy="same-origin",
        permissions_policy={"geolocation": "()", "camera": "()", "microphone": "()"},
    )

    @app.after_request
    def keep_out_of_caches(answer: Response) -> Response:
        if not (request.endpoint or "").endswith("static"):
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer

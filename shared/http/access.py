"""The guard: who asks, and whether they may use this endpoint. It runs before every view and its parsing.

A token comes as `Authorization: Bearer` or in the cookie `springrain`. A browser sends its cookie along whoever wrote the
page, so with it every unsafe method needs the CSRF token of the session as well, and an Origin of our own.
Row level rights (the branch) are the queries' own: `principal().scope()`.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from werkzeug.wrappers import Response

from shared.access import Principal
from shared.errors import Forbidden, Unauthenticated
from shared.http.roles import OPEN, allowed
from shared.tokens import TokenReader

COOKIE = "springrain"
KEPT_SECONDS = 12 * 3600
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_EXTENSION = "springrain-guard"


@dataclass(frozen=True, slots=True)
class Guard:
    """What the guard of one app needs: the reader of tokens, and the secret the county's services share."""

    reader: TokenReader
    csrf_secret: bytes
    https: bool


def install_guard(app: Flask, reader: TokenReader, secret: bytes, https: bool = False) -> None:
    """Put the guard before every request of this app. With `https` the cookie travels over TLS only."""
    app.extensions[_EXTENSION] = Guard(reader, hmac.digest(secret, b"springrain/csrf", hashlib.sha256), https)
    app.before_request(_guard)


def principal() -> Principal:
    """Who asks. On an endpoint open to all this reads the token when it is called. Raises Unauthenticated, Forbidden."""
    if "principal" not in g:
        g.principal = _authenticated()
    found: Principal = g.principal
    return found


def csrf_token() -> str:
    """What this session's forms must send back (`csrf`, or the header `X-CSRF-Token`); empty when nobody is signed in."""
    try:
        return csrf_of(principal().session)
    except (Unauthenticated, Forbidden):
        return ""


def csrf_of(session: str) -> str:
    """The CSRF token of a session: an HMAC, so nothing is stored and each session has its own."""
    return hmac.new(_state().csrf_secret, session.encode(), hashlib.sha256).hexdigest()


def give_cookie(answer: Response, token: str) -> None:
    """Let the browser keep a token (registry's pages). The cookie outlives the token, so that registry can renew it."""
    answer.set_cookie(COOKIE, token, max_age=KEPT_SECONDS, path="/", httponly=True, samesite="Lax", secure=_state().https)


def take_cookie(answer: Response) -> None:
    """Make the browser forget its token."""
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=_state().https)


def _guard() -> None:
    if request.routing_exception is not None:
        return  # foreign host, no such route, wrong method: dispatch raises it
    roles = allowed(current_app._get_current_object(), request.endpoint or "", request.method)  # type: ignore[attr-defined]
    if roles is None:
        raise Forbidden("nobody laid down who may use this")
    if roles != OPEN and principal().role not in roles:
        raise Forbidden("your role does not include this")
    if roles == OPEN:
        _refuse_foreign_origin()


def _authenticated() -> Principal:
    token = _bearer()
    if token is not None:
        return _state().reader.read(token)
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        raise Unauthenticated("sign in first")
    found = _state().reader.read(cookie)
    if request.method not in SAFE:
        _refuse_foreign_origin()
        _check_csrf(found)
    return found


def _bearer() -> str | None:
    header = request.headers.get("Authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer":
        raise Unauthenticated("only Bearer tokens are read here")
    return token.strip()


def _check_csrf(found: Principal) -> None:
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
    if not found.session or not hmac.compare_digest(given.encode(), csrf_of(found.session).encode()):
        raise Forbidden("this did not come from our own page, or the page is of an earlier session: load it again")


def _refuse_foreign_origin() -> None:
    """A browser names the page a change comes from; one of another host (or of none, `null`) may not sign anybody in."""
    origin = request.headers.get("Origin")
    if request.method in SAFE or origin is None or _bearer_given():
        return
    if urlsplit(origin).hostname != urlsplit(f"//{request.host}").hostname:
        raise Forbidden("this came from another site's page")


def _bearer_given() -> bool:
    return "Authorization" in request.headers


def _state() -> Guard:
    state: Any = current_app.extensions[_EXTENSION]
    assert isinstance(state, Guard)
    return state

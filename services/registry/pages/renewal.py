"""A page's cookie holds a token of five minutes; while the session stands, registry puts a fresh one in its place.

It runs before the guard and only changes which token the guard reads: origin, CSRF, role and rights are checked as ever.
Other services send a browser with an expired cookie to /sign-in, which does the same and sends it back at once.
"""

from flask import Flask, Response, g, request
from werkzeug.datastructures import ImmutableMultiDict

from services.registry.commands.sessions import SESSION, Door
from shared.errors import Forbidden, Unauthenticated
from shared.http import COOKIE
from shared.tokens import TokenReader


def install_renewal(app: Flask, door: Door, reader: TokenReader) -> None:
    """Renew in place, before the guard, on every request that brings an expired cookie and no token of its own."""

    def renew() -> None:
        if "Authorization" in request.headers or request.path.startswith(("/api/", "/health", "/metrics", "/static/")):
            return
        fresh = renewed(door, reader)
        if fresh is not None:
            g.fresh_token = fresh
            request.cookies = ImmutableMultiDict({**request.cookies, COOKIE: fresh})

    def keep(answer: Response) -> Response:
        if "fresh_token" in g and COOKIE not in answer.headers.get("Set-Cookie", ""):
            set_cookie(answer, g.fresh_token)
        return answer

    app.before_request_funcs.setdefault(None, []).insert(0, renew)
    app.after_request(keep)


def renewed(door: Door, reader: TokenReader) -> str | None:
    """A fresh token when the cookie's own is expired and its session stands; None when it is good, or hopeless."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    try:
        reader.read(token)
    except (Unauthenticated, Forbidden):
        pass
    else:
        return None
    try:
        return door.renew(reader.read_expired(token)).token
    except (Unauthenticated, Forbidden):
        return None


def set_cookie(answer: Response, token: str) -> None:
    """The one cookie: for this host alone, not for scripts, not from other sites. It outlives the token to be renewed."""
    answer.set_cookie(
        COOKIE, token, max_age=int(SESSION.total_seconds()), httponly=True, samesite="Lax", secure=request.is_secure, path="/"
    )

"""Who may use an endpoint: a mark on the view, read by the guard before it runs and by a test that walks all routes.

The mark is only a mark. The guard (`access.py`) refuses an endpoint that has none, so a forgotten one is closed, not open.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeVar

from flask import Flask

from shared.access import Role

V = TypeVar("V")
OPEN: Final = frozenset[Role]()
_MARK = "__springrain_roles__"


def needs(*roles: Role) -> Callable[[V], V]:
    """Let only accounts of these roles use the view (function, method of a MethodView, or a whole MethodView)."""
    if not roles:
        raise ValueError("name the roles, or say open_to_all")

    def mark(view: V) -> V:
        setattr(view, _MARK, frozenset(roles))
        return view

    return mark


def open_to_all(view: V) -> V:
    """Let everybody use the view, signed in or not."""
    setattr(view, _MARK, OPEN)
    return view


def roles_of(view: Any, method: str = "GET") -> frozenset[Role] | None:
    """The roles a view function lets in for a method: OPEN (empty) for everybody, None when it is not marked."""
    owner = getattr(view, "view_class", None)
    handler = getattr(owner, "get" if method == "HEAD" else method.lower(), None)
    for place in (handler, owner, view):
        found: frozenset[Role] | None = getattr(place, _MARK, None)
        if found is not None:
            return found
    return None


class Endpoint(NamedTuple):
    """One method of one rule of an app, and who may use it."""

    rule: str
    method: str
    name: str
    roles: frozenset[Role] | None


def endpoints(app: Flask) -> Iterator[Endpoint]:
    """All endpoints of an app but OPTIONS and HEAD. Files of the page kit are open."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield Endpoint(rule.rule, method, rule.endpoint, allowed(app, rule.endpoint, method))


def allowed(app: Flask, endpoint: str, method: str) -> frozenset[Role] | None:
    """Who may use this endpoint; None for one that is not marked."""
    if method == "OPTIONS" or endpoint == "static" or endpoint.endswith(".static"):
        return OPEN
    return roles_of(app.view_functions[endpoint], method)


def unmarked(app: Flask) -> list[str]:
    """`METHOD rule` of every endpoint that says nothing about who may use it: must be empty (a contract test asks)."""
    return [f"{found.method} {found.rule}" for found in endpoints(app) if found.roles is None]

"""The blueprint every `api/` module uses: flask-smorest's, with a parser that is strict everywhere.

An unknown field is a fault in every place (body, query, form), a query parameter may come once, and only JSON is JSON.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import flask_smorest
import marshmallow as ma
from flask import Request
from webargs import core
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnsupportedMediaType

from shared.errors import Fault, Refused
from shared.http import strict_json

V = TypeVar("V")
OURS = ("csrf", "idempotency_key")  # form fields of the border, no schema's


class StrictParser(FlaskParser):
    """Parses requests; all faults of all fields come back together as 422."""

    DEFAULT_UNKNOWN_BY_LOCATION = {
        "json": ma.RAISE,
        "form": ma.RAISE,
        "json_or_form": ma.RAISE,
        "querystring": ma.RAISE,
        "query": ma.RAISE,
        "files": ma.RAISE,
        "view_args": ma.RAISE,
        "path": ma.RAISE,
        "headers": ma.EXCLUDE,
        "cookies": ma.EXCLUDE,
    }

    def _raw_load_json(self, req: Request) -> Any:
        body = req.get_data(cache=True)
        if req.mimetype != "application/json":
            if body:
                raise UnsupportedMediaType("send application/json")
            return core.missing
        return strict_json.read(body)

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        """Query parameters, each once unless its field is a list."""
        return _each_once(self._makeproxy(req.args, schema), req.args)

    def load_form(self, req: Request, schema: ma.Schema) -> Any:
        """Form fields, each once unless its field is a list, without those of the border."""
        fields = MultiDict((name, value) for name, value in req.form.items(multi=True) if name not in OURS)
        return _each_once(self._makeproxy(fields, schema), fields)


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """`flask_smorest.Blueprint` with the strict parser. Mark every view with `@needs(...)` or `@open_to_all`."""

    ARGUMENTS_PARSER = StrictParser()

    def route(self, rule: str, **options: Any) -> Callable[[V], V]:
        """Register a view under a rule, and describe it."""
        marked: Callable[[V], V] = super().route(rule, **options)
        return marked

    def arguments(self, schema: type[ma.Schema] | ma.Schema, **options: Any) -> Callable[[V], V]:
        """Parse the body (or `location="query"`, `"form"`, `"files"`) by a schema and pass it as the first argument."""
        parsed: Callable[[V], V] = super().arguments(schema, **options)
        return parsed

    def response(self, status: int, schema: type[ma.Schema] | ma.Schema | None = None, **options: Any) -> Callable[[V], V]:
        """Dump what the view returns by a schema, with this status."""
        dumped: Callable[[V], V] = super().response(status, schema, **options)
        return dumped


def _each_once(proxy: MultiDictProxy, given: MultiDict[str, str]) -> MultiDictProxy:
    twice = [name for name in given if name not in proxy.multiple_keys and len(given.getlist(name)) > 1]
    if twice:
        raise Refused("given twice", *(Fault(name, "given_twice", "is given more than once", "send it once") for name in twice))
    return proxy

"""The OpenAPI 3.1 document of a service, at /api/v1/<service>/openapi.json, and what all its operations have in common."""

from http import HTTPStatus
from typing import Any

import flask_smorest
import marshmallow as ma
from flask import Flask
from werkzeug.routing import BaseConverter

from shared.http.problems import MEDIA_TYPE


class FaultSchema(ma.Schema):
    """One thing wrong in one field."""

    field = ma.fields.Str(required=True)
    code = ma.fields.Str(required=True)
    message = ma.fields.Str(required=True)
    do = ma.fields.Str(required=True)


class ProblemSchema(ma.Schema):
    """RFC 9457 problem details."""

    type = ma.fields.Str(required=True)
    title = ma.fields.Str(required=True)
    status = ma.fields.Int(required=True)
    detail = ma.fields.Str(required=True)
    code = ma.fields.Str(required=True)
    faults = ma.fields.List(ma.fields.Nested(FaultSchema), required=True)
    trace = ma.fields.Str(required=True)


class IdConverter(BaseConverter):
    """`<id:person>`: a UUID in lower case. Anything else is not found, as an unknown id is."""

    regex = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    part_isolating = True


class Api(flask_smorest.Api):  # type: ignore[misc]
    """flask-smorest's Api whose errors are ours: problem+json, mapped in `problems.py`."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """The one mapper is `problems.py`."""

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            if status >= 400:
                self._register_problem(status.name, status.phrase)
            else:
                self.spec.components.response(status.name, {"description": status.phrase}, lazy=True)
        self._register_problem("DEFAULT_ERROR", "Any other error")

    def _register_problem(self, name: str, description: str) -> None:
        content = {MEDIA_TYPE: {"schema": self.ERROR_SCHEMA}}
        self.spec.components.response(name, {"description": description, "content": content}, lazy=True)


def make_api(app: Flask, service: str, version: str) -> Api:
    """An Api on this app, with the `id` converter and the two ways of signing in described."""
    app.url_map.converters["id"] = IdConverter
    app.config.update(
        API_TITLE=f"Springrain {service}",
        API_VERSION=version,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=f"/api/v1/{service}",
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = Api(app)
    api.register_converter(IdConverter, lambda converter: {"type": "string", "format": "uuid"})
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    api.spec.components.security_scheme("cookie", {"type": "apiKey", "in": "cookie", "name": "springrain"})
    api.spec.options["security"] = [{"bearer": []}, {"cookie": []}]
    return api


def describe_headers(api: Api) -> None:
    """Say on every POST that it needs an Idempotency-Key, and on every change that it needs If-Match."""
    for path in api.spec._paths.values():
        for method, operation in path.items():
            header = _HEADERS.get(method)
            if header is not None and isinstance(operation, dict):
                operation.setdefault("parameters", []).append(dict(header))


def _header(name: str, pattern: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": True, "schema": {"type": "string", "pattern": pattern}}


_REVISION = _header("If-Match", '^"[1-9][0-9]*"$')
_HEADERS = {
    "post": _header("Idempotency-Key", "^[!-~]{1,200}$"),
    "put": _REVISION,
    "patch": _REVISION,
    "delete": _REVISION,
}

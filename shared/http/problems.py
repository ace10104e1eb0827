"""The border towards HTTP: every error becomes one problem+json document (RFC 9457).

    {"type", "title", "status", "detail", "code", "faults": [{"field", "code", "message", "do"}], "trace"}

Nothing of an error nobody expected gets out but its trace id: the log has the rest, without any value. `shared/pages` gives
the same document a face when a person's browser asked.
"""

import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, jsonify, request
from pymongo.errors import ConnectionFailure, PyMongoError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from shared.errors import Busy, Fault, SpringrainError
from shared.http.faults import faults_of
from shared.http.trace import trace_id

log = structlog.get_logger()
MEDIA_TYPE = "application/problem+json"
_CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "unsupported_media_type",
    422: "refused",
    429: "too_many_requests",
    503: "busy",
}


def install_problems(app: Flask) -> None:
    """Map every error of this app."""
    app.register_error_handler(SpringrainError, of_ours)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(PyMongoError, of_database)
    app.register_error_handler(Exception, of_unexpected)


def problem(
    status: int, code: str, detail: str = "", faults: Iterable[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """One problem document as a response."""
    body: dict[str, Any] = {
        "type": f"urn:springrain:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "faults": [asdict(fault) for fault in faults],
        "trace": trace_id(),
    }
    answer = jsonify(body)
    answer.status_code, answer.mimetype = status, MEDIA_TYPE
    answer.headers.update(dict(headers or {}))
    return answer


def of_ours(error: SpringrainError) -> Response:
    """An error raised on purpose. One that is no answer to a request (status 500) is logged and not explained."""
    if error.status >= 500 and not isinstance(error, Busy):
        return of_unexpected(error)
    headers = {}
    if isinstance(error, Busy):
        headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if any(fault.code == "unknown_field" for fault in error.faults):
        _log_refusal(error.faults)
    return problem(error.status, error.code, error.message, error.faults, headers)


def of_http(error: HTTPException) -> AnyResponse:
    """An error of Flask, werkzeug or webargs: `Allow`, `Retry-After` stay. A redirect or ready answer goes out as it is."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response(request.environ)
    faults = list(faults_of(getattr(error, "data", None)))
    if any(fault.code == "unknown_field" for fault in faults):
        _log_refusal(faults)
    headers = {name: value for name, value in error.get_headers(request.environ) if name in ("Allow", "Retry-After")}
    if status >= 500:
        return problem(status, _CODES.get(status, "internal"), "", (), headers)
    return problem(status, _CODES.get(status, "refused"), _detail(status), faults, headers)


def of_database(error: PyMongoError) -> Response:
    """A database that is away or overrun: nothing is known to be done, so try again (with the same Idempotency-Key)."""
    if isinstance(error, ConnectionFailure) or error.timeout or error.has_error_label("TransientTransactionError"):
        log.warning("database_busy", error=type(error).__name__)
        return of_ours(Busy("the database is busy or away", retry_after=5))
    return of_unexpected(error)


def of_unexpected(error: Exception) -> Response:
    """500 without any inside. The log gets the places the error came through, never its text, which may hold a value."""
    log.error("unexpected", error=type(error).__name__, at=list(_places(error)), route=route())
    return problem(500, "internal", "something went wrong here; tell us the trace")


def route() -> str:
    """The rule that matched, never the path: a path may hold what a person typed."""
    return str(request.url_rule or "")


def _places(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} {frame.name}"
    if error.__cause__ is not None:
        yield f"from {type(error.__cause__).__name__}"


def _log_refusal(faults: Iterable[Fault]) -> None:
    log.warning("unknown_fields", route=route(), fields=[fault.field for fault in faults if fault.code == "unknown_field"])


def _detail(status: int) -> str:
    return _DETAILS.get(status, "")


_DETAILS = {
    400: "the request cannot be read",
    404: "nothing is here, or not for you",
    405: "this can be read or changed in other ways: see Allow",
    413: "the body is too large",
    415: "send the documented media type, not compressed",
    422: "some fields cannot be taken as they are",
    429: "too many tries: wait, then try again",
}

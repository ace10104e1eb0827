"""The trace of a request (W3C Trace Context): taken from `traceparent`, or made; on every log line and every problem."""

import os
import re

import structlog
from flask import Flask, g, has_request_context, request

_PARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def install_trace(app: Flask) -> None:
    """Bind the trace id to the log for the length of each request."""
    app.before_request(_begin)
    app.teardown_request(lambda error: structlog.contextvars.clear_contextvars())


def trace_id() -> str:
    """The 32 hex digits of the present request's trace; empty outside a request."""
    if not has_request_context():
        return ""
    if "trace" not in g:
        found = _PARENT.fullmatch(request.headers.get("traceparent", ""))
        g.trace = found[1] if found else os.urandom(16).hex()
    return str(g.trace)


def traceparent() -> str:
    """The header that carries this trace on to events; empty outside a request."""
    return f"00-{trace_id()}-{os.urandom(8).hex()}-01" if has_request_context() else ""


def _begin() -> None:
    structlog.contextvars.bind_contextvars(trace=trace_id())

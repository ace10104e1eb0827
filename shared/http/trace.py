"""The trace of a request (W3C Trace Context): taken from `traceparent`, or made; on every log line and every problem."""

import os

import structlog
from flask import Flask, g, has_request_context, request

from shared.tracing import trace_of


def install_trace(app: Flask) -> None:
    """Bind the trace id to the log for the length of each request."""
    app.before_request(_begin)
    app.teardown_request(lambda error: structlog.contextvars.unbind_contextvars("trace"))


def trace_id() -> str:
    """The 32 hex digits of the present request's trace; empty outside a request."""
    if not has_request_context():
        return ""
    if "trace" not in g:
        g.trace = trace_of(request.headers.get("traceparent")) or os.urandom(16).hex()
    return str(g.trace)


def _begin() -> None:
    structlog.contextvars.bind_contextvars(trace=trace_id())

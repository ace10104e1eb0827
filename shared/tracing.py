"""The trace of one cause through all services (W3C Trace Context): from a request into its events and what they bring about.

It lies in the log's context, so every line of a log carries it; beside an event it travels as an AMQP header, never inside it.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

PARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def trace_of(traceparent: object) -> str:
    """The 32 hex digits of the trace a `traceparent` names; empty for none or a malformed one."""
    found = PARENT.fullmatch(traceparent) if isinstance(traceparent, str) else None
    return found[1] if found else ""


def current_trace() -> str:
    """The trace under way in this thread; empty when nothing is."""
    return str(structlog.contextvars.get_contextvars().get("trace", ""))


def traceparent_of(trace: str) -> str:
    """The header that carries a trace on."""
    return f"00-{trace}-{os.urandom(8).hex()}-01"


@contextmanager
def following(trace: str) -> Iterator[None]:
    """Do something in the name of this trace, if there is one."""
    if not trace:
        yield
        return
    with structlog.contextvars.bound_contextvars(trace=trace):
        yield

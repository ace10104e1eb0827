"""What a service tells about itself: alive, ready, metrics, and how many requests are open at this moment.

These endpoints are for the machines beside it; the front does not pass them on.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Flask, Response, g, jsonify, request
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from werkzeug.wsgi import ClosingIterator

from shared.http.problems import route
from shared.http.roles import open_to_all

_OWN = ("/health/", "/metrics")
_EXTENSION = "springrain-open-requests"


class OpenRequests:
    """Counts requests of this process from their first byte to the end of their answer. WSGI middleware, thread-safe."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._open = 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass a request on, counted unless it only asks how we are."""
        if str(environ.get("PATH_INFO", "")).startswith(_OWN):
            return self._inner(environ, start_response)  # type: ignore[no-any-return]
        self._add(1)
        try:
            return ClosingIterator(self._inner(environ, start_response), lambda: self._add(-1))
        except BaseException:
            self._add(-1)
            raise

    def count(self) -> int:
        """How many are open now."""
        with self._lock:
            return self._open

    def _add(self, by: int) -> None:
        with self._lock:
            self._open += by


def open_requests(app: Flask) -> int:
    """How many requests this process is answering now (the conductor moves time only at 0)."""
    counter: OpenRequests = app.extensions[_EXTENSION]
    return counter.count()


def install_watch(
    app: Flask, service: str, version: str, ready: Callable[[], Mapping[str, str]], registry: CollectorRegistry
) -> None:
    """Add /health/live, /health/ready and /metrics, and count and time every request.

    `ready` gives the state of each thing this service stands on: "ok", "degraded: why" or "down: why". One that is down
    makes the answer 503; a degraded one (the broker away for a while) does not, since work goes on.
    """
    app.wsgi_app = app.extensions[_EXTENSION] = OpenRequests(app.wsgi_app)  # type: ignore[method-assign]
    _measure(app, service, registry)

    @app.get("/health/live")
    @open_to_all
    def live() -> Response:
        return jsonify(live=True)

    @app.get("/health/ready")
    @open_to_all
    def is_ready() -> Response:
        parts = dict(ready())
        able = not any(state.startswith("down") for state in parts.values())
        answer = jsonify(ready=able, parts=parts, version=version, open_requests=open_requests(app))
        answer.status_code = 200 if able else 503
        return answer

    @app.get("/metrics")
    @open_to_all
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _measure(app: Flask, service: str, registry: CollectorRegistry) -> None:
    seconds = Histogram(
        "springrain_http_seconds", "Time to answer", ["service", "method", "route", "status"], registry=registry
    )
    Gauge("springrain_http_open_requests", "Requests under way", ["service"], registry=registry).labels(service).set_function(
        lambda: open_requests(app)
    )

    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()

    @app.after_request
    def note(answer: Response) -> Response:
        if not request.path.startswith(_OWN) and "began" in g:
            method = request.method if request.url_rule else "-"
            seconds.labels(service, method, route(), str(answer.status_code)).observe(time.monotonic() - g.began)
        return answer

"""The border towards the browser: security headers on every page, and errors turned into a page or a part.

The one mapper of errors stays `shared/http`: it answers problem+json. When a person's browser asked, that answer is
given a face here; programs keep the problem+json. Only the status and the faults' plain words get into the page.
"""

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from flask import Flask, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from shared.errors import SpringrainError
from shared.pages.faces import face
from shared.pages.navigation import Doors

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}
NOT_FOR_PEOPLE = ("/api/", "/health", "/metrics")


def install_border(app: Flask, doors: Doors) -> None:
    """Headers on all HTML; faces for errors. Errors nobody maps (an app without `shared/http`) get a face as well."""
    mapped = app.error_handler_spec[None][None]
    for kind in (SpringrainError, HTTPException):
        if kind not in mapped:
            app.register_error_handler(kind, lambda error: error_page(_status(error), _faults(error)))
    app.after_request(lambda answer: _hardened(_with_face(answer, doors)))


def error_page(status: int, faults: list[dict[str, str]] | None = None, trace: str = "") -> Response:
    """The error as a whole page, or as a fragment for htmx. `faults`: problem+json's list, in plain words."""
    template = "error_part.html" if "HX-Request" in request.headers else "error.html"
    body = render_template(template, status=status, face=face(status), faults=faults or [], trace=trace)
    return Response(body, status, content_type="text/html; charset=utf-8")


def _with_face(answer: Any, doors: Doors) -> Response:
    if answer.mimetype != "application/problem+json" or not _a_person_asked():
        return answer  # type: ignore[no-any-return]
    if answer.status_code == 401 and request.method == "GET" and "HX-Request" not in request.headers:
        here = request.full_path.rstrip("?")
        return redirect(f"{doors.sign_in}?{urlencode({'next': here})}", 303)
    problem = answer.get_json(silent=True) or {}
    page = error_page(answer.status_code, problem.get("faults"), problem.get("trace", ""))
    page.headers.extend((name, value) for name, value in answer.headers if name in ("Retry-After", "Allow"))
    return page


def _a_person_asked() -> bool:
    if request.path.startswith(NOT_FOR_PEOPLE):
        return False
    kinds = ["application/problem+json", "application/json", "text/html"]
    return "HX-Request" in request.headers or request.accept_mimetypes.best_match(kinds) == "text/html"


def _hardened(answer: Response) -> Response:
    if answer.mimetype == "text/html":
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        answer.headers.setdefault("Cache-Control", "no-store")  # pages hold people's data: nothing stays in the browser
    return answer


def _status(error: Exception) -> int:
    return int(getattr(error, "status", None) or getattr(error, "code", None) or 500)


def _faults(error: Exception) -> list[dict[str, str]]:
    return [asdict(fault) for fault in getattr(error, "faults", ())]

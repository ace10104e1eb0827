"""The HTTP kit of all services: one border, one format of errors, rights marked on every view (docs/design.md, 4, 6 and 7)."""

from shared.http.access import COOKIE, csrf_of, csrf_token, give_cookie, principal, take_cookie
from shared.http.app import Border, make_app
from shared.http.blueprint import Blueprint
from shared.http.cursors import PAGE, Cursors, by_id, ordered_by, page_of
from shared.http.etag import etag, if_match
from shared.http.idempotency import Answered, Idempotent, idempotency_key
from shared.http.limits import by_field, make_limiter
from shared.http.openapi import Api, IdConverter
from shared.http.problems import problem
from shared.http.roles import OPEN, Endpoint, endpoints, needs, open_to_all, roles_of, unmarked
from shared.http.trace import trace_id
from shared.http.uploads import body_up_to, plain_file_name
from shared.http.watch import open_requests

__all__ = [
    "COOKIE",
    "OPEN",
    "PAGE",
    "Answered",
    "Api",
    "Blueprint",
    "Border",
    "Cursors",
    "Endpoint",
    "IdConverter",
    "Idempotent",
    "body_up_to",
    "by_field",
    "by_id",
    "csrf_of",
    "csrf_token",
    "endpoints",
    "etag",
    "give_cookie",
    "idempotency_key",
    "if_match",
    "make_app",
    "make_limiter",
    "needs",
    "open_requests",
    "open_to_all",
    "ordered_by",
    "page_of",
    "plain_file_name",
    "principal",
    "problem",
    "roles_of",
    "take_cookie",
    "trace_id",
    "unmarked",
]

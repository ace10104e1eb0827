"""Limits on sign-in tries, counted in MongoDB: the same for every process, in machine time.

By the account tried as well as by address, since whoever guesses passwords changes addresses. The database holds a keyed
hash of what was typed, never the text: people type passwords into the wrong field.
"""

import hashlib
import hmac
from collections.abc import Callable

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from shared.errors import SpringrainError
from shared.http import strict_json


def make_limiter(app: Flask, mongo_url: str, database: str) -> Limiter:
    """A limiter without default limits; a view says `@limiter.limit("10 per minute")`. Too many: 429 with Retry-After.

    Opens its own connection at the first counted request, that is after a fork.
    """
    return Limiter(
        get_remote_address,
        app=app,
        storage_uri=mongo_url,
        storage_options={"database_name": database, "counter_collection_name": "tries", "window_collection_name": "windows"},
        strategy="fixed-window",
        headers_enabled=True,
    )


def by_field(secret: bytes, field: str) -> Callable[[], str]:
    """A key function: the JSON or form field named, hashed. For `@limiter.limit("5 per minute", key_func=by_field(...))`."""

    def key() -> str:
        return hmac.new(secret, _typed(field).strip().lower().encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    return key


def _typed(field: str) -> str:
    """What was typed into a field; empty when the body cannot be read, which the view then says."""
    if request.mimetype != "application/json":
        return request.form.get(field, "")
    try:
        body = strict_json.read(request.get_data(cache=True))
    except SpringrainError:
        return ""
    return str(body.get(field, "")) if isinstance(body, dict) else ""

"""Revisions as ETags: a change says which revision it was decided on, so that nobody writes over what they have not seen."""

import re

from flask import Request

from shared.errors import BadRequest, PreconditionRequired

_ETAG = re.compile(r'"([1-9][0-9]{0,9})"')


def if_match(request: Request) -> int:
    """The revision named in `If-Match`. Raises PreconditionRequired without one, BadRequest for any but `"number"`.

    Whether it is the present one is decided inside the unit of work (Stale).
    """
    header = request.headers.get("If-Match")
    if header is None:
        raise PreconditionRequired('send If-Match with the revision you read, as "3"')
    found = _ETAG.fullmatch(header.strip())
    if found is None or int(found[1]) >= 2**31:
        raise BadRequest('If-Match must be one revision in quotes, as "3"')
    return int(found[1])


def etag(revision: int) -> str:
    """The ETag of a revision."""
    return f'"{revision}"'

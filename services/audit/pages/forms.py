"""What the forms of the audit pages send: the same shapes as the API takes, and the revision they were decided on."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask import request

from shared.errors import BadRequest, Fault, Refused

OF_THE_BORDER = ("csrf", "idempotency_key", "revision")


def read_form(schema: ma.Schema) -> Mapping[str, Any]:
    """The form by a schema; a field left empty is one not given. Raises Refused with all faults at once."""
    given = {name: value for name, value in request.form.items() if name not in OF_THE_BORDER and value.strip()}
    try:
        found: Mapping[str, Any] = schema.load(given)
    except ma.ValidationError as error:
        codes = {name: "invalid" if name in given else "required" for name in error.messages_dict}
        raise Refused("not as it should be", *(Fault(name, code, code) for name, code in codes.items())) from error
    return found


def revision() -> int:
    """The revision a form was made of. Raises BadRequest when there is none."""
    given = request.form.get("revision", "")
    if not given.isdecimal() or len(given) > 9:
        raise BadRequest("the form is of another page: load it again")
    return int(given)

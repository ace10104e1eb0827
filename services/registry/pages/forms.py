"""Forms of the registry's pages: read by a schema, and shown again with what was typed and what is wrong beside each field.

A command behind a form runs at most once per `idempotency_key`. A form that was decided on an older revision changes
nothing and says so: the page then shows the present state.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import marshmallow as ma
from flask import make_response, request
from werkzeug.wrappers import Response

from shared.errors import Conflict, Fault, Refused, SpringrainError, Stale, Vanished
from shared.http.blueprint import OURS
from shared.http.faults import faults_of
from shared.ids import ID
from shared.pages.kit import fault_text

DAY = ma.validate.Regexp(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z", error="Not a valid day.")
A_REVISION = ma.validate.Range(1, 2**31)
AN_ID = ma.validate.Regexp(rf"{ID.pattern}\Z", error="Not a valid id.")


class RevisionForm(ma.Schema):
    """A button: no more than the revision it was shown with."""

    revision = ma.fields.Int(required=True, validate=A_REVISION)


@dataclass(frozen=True, slots=True)
class Tried:
    """What somebody typed and why it was not taken. `stale`: somebody else was first, and nothing was changed."""

    typed: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    stale: bool = False

    def value(self, name: str, otherwise: str = "") -> str:
        """What was typed into a field, to stand there again. A password never does."""
        return self.typed.get(name, otherwise)

    def error(self, name: str) -> str:
        """What is wrong with a field, in the reader's language."""
        return " ".join(fault_text(fault) for fault in self.faults if fault.field == name)

    @property
    def failed(self) -> bool:
        """Whether anything was wrong at all."""
        return self.stale or bool(self.faults)


NOTHING = Tried()


def read(schema: type[ma.Schema]) -> dict[str, Any]:
    """The form's fields; a browser sends an empty text for what was left out, which counts as not given.

    Raises Refused with a fault for each bad, missing, unknown or doubled field.
    """
    listed = [(name, value) for name, value in request.form.items(multi=True) if name not in OURS and value.strip()]
    twice = sorted({name for name, _ in listed if len(request.form.getlist(name)) > 1})
    if twice:
        raise Refused("given twice", *(Fault(name, "given_twice", "is given more than once") for name in twice))
    try:
        found: dict[str, Any] = schema().load(dict(listed))
    except ma.ValidationError as error:
        raise Refused("the form has faults", *faults_of({"messages": {"form": error.messages}})) from error
    return found


def attempt(work: Callable[[], Response], again: Callable[[Tried], str], conflict: Mapping[str, str] | None = None) -> Response:
    """Do the work of a form; when it is refused, answer with the form again (422, or 409 when somebody else was first).

    `conflict` names the field and the words for a Conflict, whose own message is for programs.
    """
    typed = {name: value for name, value in request.form.items() if name not in (*OURS, "password")}
    try:
        return work()
    except (Stale, Vanished):
        return _page(again(Tried(typed, stale=True)), Stale.status)
    except (Refused, Conflict) as error:
        return _page(again(Tried(typed, error.faults or _faults(error, conflict or {}))), error.status)


def _faults(error: SpringrainError, words: Mapping[str, str]) -> tuple[Fault, ...]:
    return tuple(Fault(name, error.code, text) for name, text in words.items()) or (Fault("", error.code, error.message),)


def _page(body: str, status: int) -> Response:
    answer = make_response(body)
    answer.status_code = status
    return answer

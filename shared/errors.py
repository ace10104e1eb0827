"""The error tree. An error carries what a program needs; the mapper at each border gives it its outward form.

Never swallowed, never two formats: problem+json (`shared/http/problems.py`), a parked message, a row of the correction
workbook, a line in the terminal. No error ever holds a personal value: it names the field and the kind of fault.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one field: where, what kind, in plain words, and what to do about it."""

    field: str
    code: str
    message: str
    do: str = ""


class SpringrainError(Exception):
    """Everything we raise on purpose. `status` is the HTTP status it becomes, `code` its name for programs."""

    status = 500
    code = "internal"

    def __init__(self, message: str = "", *faults: Fault) -> None:
        super().__init__(message or self.code)
        self.message = message or self.code
        self.faults = faults


class Refused(SpringrainError):
    """The request is understood and cannot be done as asked; `faults` name each field at once."""

    status = 422
    code = "refused"

    @classmethod
    def field(cls, field: str, code: str, message: str, do: str = "") -> "Refused":
        """A refusal for one field."""
        return cls(message, Fault(field, code, message, do))


class BadRequest(SpringrainError):
    """The request could not be read at all."""

    status = 400
    code = "bad_request"


class Unauthenticated(SpringrainError):
    """Nobody, or nobody any more: no token, an expired, forged or withdrawn one."""

    status = 401
    code = "unauthenticated"


class Forbidden(SpringrainError):
    """Known, and not allowed to do this."""

    status = 403
    code = "forbidden"


class NotFound(SpringrainError):
    """Not there, or not in your scope: the two look the same on purpose."""

    status = 404
    code = "not_found"


class Conflict(SpringrainError):
    """The state of the thing, or a repeated Idempotency-Key with another body, stands against it."""

    status = 409
    code = "conflict"


class Stale(SpringrainError):
    """If-Match names an older revision: read again, then decide again."""

    status = 412
    code = "stale"


class PreconditionRequired(SpringrainError):
    """A change needs If-Match with the revision it was decided on."""

    status = 428
    code = "if_match_required"


class Busy(SpringrainError):
    """Full or short of a dependency. Nothing was done; try again after `retry_after` seconds."""

    status = 503
    code = "busy"

    def __init__(self, message: str = "", retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ConfigError(SpringrainError):
    """A setting is missing or wrong. Names the variable, never its value."""

    code = "config"


class Malformed(SpringrainError):
    """An event that is none, or breaks its contract: parked at once, since no retry mends it. `field` says where."""

    code = "malformed"

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(f"{code} {field}".strip(), Fault(field, code, code))
        self.reason = code
        self.field_name = field


class NotYetKnown(SpringrainError):
    """A handler needs a thing whose event has not come yet: the event waits for it."""

    code = "not_yet_known"

    def __init__(self, thing: str) -> None:
        super().__init__(f"waits for {thing}")
        self.thing = thing


class Vanished(SpringrainError):
    """A write inside a unit of work matched nothing: somebody else was first. The unit is run again or given up."""

    status = 409
    code = "changed_meanwhile"

"""The JSON of the duty API: what programs (and the OpenAPI document) are told."""

from typing import Any

import marshmallow as ma
from marshmallow import validate

from shared.duty.figures import STATES, Figures
from shared.duty.verdict import Finding
from shared.inbox import held

Doc = dict[str, Any]


class OutboxSchema(ma.Schema):
    """What waits for the broker. `oldest_seconds`: machine time, 0 when nothing waits."""

    waiting = ma.fields.Int(required=True)
    bound = ma.fields.Int(required=True)
    oldest_seconds = ma.fields.Int(required=True)


class QueueSchema(ma.Schema):
    """One queue, as the broker counted it within the last seconds."""

    name = ma.fields.Str(required=True)
    ready = ma.fields.Int(required=True)
    unacked = ma.fields.Int(required=True)


class ParkedSchema(ma.Schema):
    """How many events of a type are parked for a reason."""

    type = ma.fields.Str(required=True)
    reason = ma.fields.Str(required=True)
    events = ma.fields.Int(required=True)


class HoleSchema(ma.Schema):
    """Revisions that were told and never came."""

    subject = ma.fields.Str(required=True)
    first = ma.fields.Int(required=True)
    last = ma.fields.Int(required=True)
    since = ma.fields.AwareDateTime(required=True)


class HolderSchema(ma.Schema):
    """A lease; `holder` is empty when nobody holds it."""

    name = ma.fields.Str(required=True)
    holder = ma.fields.Str(required=True)


class HeardSchema(ma.Schema):
    """A service's last beat, as this one heard it."""

    service = ma.fields.Str(required=True)
    seconds = ma.fields.Int(required=True)
    waiting = ma.fields.Int(required=True)
    oldest_seconds = ma.fields.Int(required=True)


class FindingSchema(ma.Schema):
    """Something a person must act on."""

    code = ma.fields.Str(required=True)
    number = ma.fields.Int(required=True)
    name = ma.fields.Str(required=True)


class DutySchema(ma.Schema):
    """One service now. `queues` is null when the broker's management cannot be asked: unknown is not none."""

    service = ma.fields.Str(required=True)
    findings = ma.fields.List(ma.fields.Nested(FindingSchema), required=True)
    outbox = ma.fields.Nested(OutboxSchema, required=True)
    queues = ma.fields.List(ma.fields.Nested(QueueSchema), required=True, allow_none=True)
    held = ma.fields.Dict(ma.fields.Str(), ma.fields.Int(), required=True)
    parked = ma.fields.List(ma.fields.Nested(ParkedSchema), required=True)
    holes = ma.fields.Int(required=True)
    first_holes = ma.fields.List(ma.fields.Nested(HoleSchema), required=True)
    leases = ma.fields.List(ma.fields.Nested(HolderSchema), required=True)
    beats = ma.fields.List(ma.fields.Nested(HeardSchema), required=True)


class HeldQuery(ma.Schema):
    """Which held events."""

    state = ma.fields.Str(load_default=held.PARKED, validate=validate.OneOf(STATES))
    cursor = ma.fields.Str(validate=validate.Length(1, 1024))


class HeldSchema(ma.Schema):
    """A held event without what it says."""

    id = ma.fields.Str(required=True)
    type = ma.fields.Str()
    subject = ma.fields.Str()
    revision = ma.fields.Int()
    reason = ma.fields.Str()
    field = ma.fields.Str()
    thing = ma.fields.Str()
    since = ma.fields.AwareDateTime(required=True)
    tries = ma.fields.Int(required=True)
    due_at = ma.fields.AwareDateTime()
    state = ma.fields.Str(required=True)


class WholeSchema(HeldSchema):
    """A held event in full: where it failed, and its open part; for bytes that are no event, how many."""

    trace = ma.fields.Str(required=True)
    event = ma.fields.Raw(required=True)


class HeldPageSchema(ma.Schema):
    """At most 50, and the cursor to the next page."""

    items = ma.fields.List(ma.fields.Nested(HeldSchema), required=True)
    next = ma.fields.Str()


class ReleaseSchema(ma.Schema):
    """What was decided about an event."""

    id = ma.fields.Str(required=True)
    decision = ma.fields.Str(required=True)


def shown(figures: Figures, found: list[Finding]) -> Doc:
    """The figures in the shape of `DutySchema`."""
    queues = figures.queues
    return {
        "service": figures.service,
        "findings": found,
        "outbox": {"waiting": figures.waiting, "bound": figures.bound, "oldest_seconds": figures.oldest_seconds},
        "queues": None if queues is None else [_queue(name, length) for name, length in sorted(queues.items())],
        "held": dict(figures.held),
        "parked": figures.parked,
        "holes": figures.holes,
        "first_holes": figures.first_holes,
        "leases": figures.leases,
        "beats": figures.beats,
    }


def _queue(name: str, length: Any) -> Doc:
    return {"name": name, "ready": length.ready, "unacked": length.unacked}

"""Shapes of requests and answers. An unknown field, a wrong kind, a value out of bounds is a fault of its field."""

from typing import Any

import marshmallow as ma
from marshmallow import validate

from services.scheduler.model.visit import State
from shared.clock import to_wire
from shared.events.fields import CONTROL

DAY = validate.Regexp(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z", error="Not a valid day.")
MONTH = validate.Regexp(r"\d{4}-(0[1-9]|1[0-2])\Z", error="Not a valid month.")
ID = validate.Regexp(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", error="Not a valid id.")
KINDS = ("care", "look_in", "home_visit", "festival_visit")
NUMBER = validate.Regexp(r"\+?[0-9][0-9 ()-]{5,23}\Z", error="Not a valid telephone number.")
SHOWN = (*(str(state) for state in State), "confirmed", "disputed", "in_review")


def _plain(text: str) -> None:
    if CONTROL.search(text):
        raise ma.ValidationError("Invalid character.")


class VisitsQuery(ma.Schema):
    """One `day`, or `from` and `to`; none is today."""

    day = ma.fields.Str(validate=DAY)
    from_ = ma.fields.Str(validate=DAY, data_key="from")
    to = ma.fields.Str(validate=DAY)
    state = ma.fields.Str(validate=validate.OneOf([str(state) for state in State]))
    kind = ma.fields.Str(validate=validate.OneOf(KINDS))
    household = ma.fields.Str(validate=ID)
    cursor = ma.fields.Str()


class CursorQuery(ma.Schema):
    """The next page."""

    cursor = ma.fields.Str()


class MonthQuery(ma.Schema):
    """One month; none is the present one."""

    month = ma.fields.Str(validate=MONTH)
    cursor = ma.fields.Str()


class Nothing(ma.Schema):
    """An empty object."""


class CheckInSchema(ma.Schema):
    """What may be given at the door, where the county switched it on; else it is let go unread.

    From a clerk also the number on the display, when the visitor rang from the home: compared with the home's, kept nowhere.
    """

    device = ma.fields.Str(validate=ID)
    door_code = ma.fields.Str(validate=validate.Regexp(r"[0-9]{6}\Z"))
    called_from = ma.fields.Str(validate=NUMBER)


class ReportSchema(ma.Schema):
    """How a visit was. No place, no photo: neither is asked for."""

    device = ma.fields.Str(validate=ID)
    minutes = ma.fields.Int(strict=True, required=True, validate=validate.Range(1, 1440))
    well = ma.fields.Str(validate=validate.OneOf(["well", "so_so", "unwell"]))
    note = ma.fields.Str(validate=[validate.Length(1, 1000), _plain])


class ReportForm(ReportSchema):
    """The same from a page's form, where a number is text and a field left empty was not filled in."""

    minutes = ma.fields.Int(required=True, validate=validate.Range(1, 1440))
    revision = ma.fields.Int(required=True, validate=validate.Range(1, 2**31 - 1))

    @ma.pre_load
    def drop_empty(self, data: Any, **_: Any) -> Any:
        """Take out what was left empty."""
        return {name: value for name, value in data.items() if value != ""}


class RevisionForm(ma.Schema):
    """The revision a button on a page was drawn for."""

    revision = ma.fields.Int(required=True, validate=validate.Range(1, 2**31 - 1))


class CheckInForm(RevisionForm):
    """The button "I am there", with the code at the door if somebody typed one. A wrong one is let go: it harms nobody."""

    door_code = ma.fields.Str(validate=validate.Length(max=20))
    called_from = ma.fields.Str(validate=[validate.Length(max=24), _plain])


class VisitSchema(ma.Schema):
    """A visit as this account may see it. `note` and `well` stand in the answer for one visit only."""

    id = ma.fields.Str(required=True)
    revision = ma.fields.Int(required=True)
    branch = ma.fields.Str(required=True)
    household = ma.fields.Str(required=True)
    household_number = ma.fields.Str(required=True)
    recipients = ma.fields.List(ma.fields.Str(), required=True)
    volunteer = ma.fields.Str(required=True)
    kind = ma.fields.Str(required=True, validate=validate.OneOf(KINDS))
    day = ma.fields.Str(required=True)
    slot = ma.fields.Str(required=True)
    state = ma.fields.Str(required=True, validate=validate.OneOf(SHOWN))
    asked = ma.fields.Bool()
    at = ma.fields.Str()
    minutes = ma.fields.Int()
    why = ma.fields.Str()
    next_visit = ma.fields.Str()
    look_in = ma.fields.Str()
    due = ma.fields.Str()
    well = ma.fields.Str()
    note = ma.fields.Str()


class VisitsSchema(ma.Schema):
    """A page of visits; `next` is the cursor of the one after, if there is one."""

    items = ma.fields.List(ma.fields.Nested(VisitSchema), required=True)
    next = ma.fields.Str()


class DoneSchema(ma.Schema):
    """What a command left: the visit's state and revision now."""

    id = ma.fields.Str(required=True)
    revision = ma.fields.Int(required=True)
    state = ma.fields.Str(required=True)


class PlanSchema(ma.Schema):
    """A household's care plan."""

    id = ma.fields.Str(required=True)
    revision = ma.fields.Int(required=True)
    branch = ma.fields.Str(required=True)
    household = ma.fields.Str(required=True)
    household_number = ma.fields.Str(required=True)
    rhythm = ma.fields.Str(required=True)
    volunteer = ma.fields.Str()
    telephone = ma.fields.Bool(required=True)
    starts_on = ma.fields.Str(required=True)


class PlansSchema(ma.Schema):
    """A page of plans."""

    items = ma.fields.List(ma.fields.Nested(PlanSchema), required=True)
    next = ma.fields.Str()


class UncoveredSchema(ma.Schema):
    """Visits of a household and month that nobody can give, and why."""

    id = ma.fields.Str(required=True)
    branch = ma.fields.Str(required=True)
    household = ma.fields.Str(required=True)
    household_number = ma.fields.Str(required=True)
    month = ma.fields.Str(required=True)
    visits = ma.fields.Int(required=True)
    why = ma.fields.Str(required=True)


class UncoveredListSchema(ma.Schema):
    """A page of what is not covered."""

    items = ma.fields.List(ma.fields.Nested(UncoveredSchema), required=True)
    next = ma.fields.Str()


def visit_body(visit: dict[str, Any], state: str, sees_lots: bool) -> dict[str, Any]:
    """A visit's document as an answer. `state` is the word this account may see; lots are the supervisors' to see."""
    names = ("revision", "branch", "household", "recipients", "volunteer", "kind", "day", "slot")
    body = {"id": visit["_id"], "household_number": visit["number"], "state": state, **{name: visit[name] for name in names}}
    body |= {name: to_wire(visit[name]) for name in ("at", "due") if visit.get(name)}
    body |= {name: visit[name] for name in ("minutes", "why", "next_visit", "look_in") if visit.get(name) is not None}
    return body | ({"asked": visit["asked"]} if sees_lots else {})


def plain_body(row: dict[str, Any]) -> dict[str, Any]:
    """A document without sealed fields as an answer; a schema picks what is shown."""
    return {
        "id": row["_id"],
        "household_number": row["number"],
        **{name: value for name, value in row.items() if value is not None},
    }

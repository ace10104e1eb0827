"""What a clerk types of a person or relative on a page, as the commands want it. An emptied field takes away what is known."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from services.registry.api.relatives import MAY_KNOW
from services.registry.model.by_hand import ALLOWED
from services.registry.model.phone import split_phones
from services.registry.model.relations import Presence, Role
from services.registry.pages.forms import A_REVISION

Form = dict[str, Any]


def box() -> ma.fields.Str:
    """A box to tick; not there when it is not ticked."""
    return ma.fields.Str(validate=ma.validate.OneOf(["yes"]))


def _text(most: int, required: bool = False) -> ma.fields.Str:
    return ma.fields.Str(required=required, validate=ma.validate.Length(1, most))


def person_form(kind: str, **more: ma.fields.Field[Any]) -> type[ma.Schema]:
    """The form of a person of this kind ("" for who is not cared for): a box for each category."""
    boxes = {f"c_{word.value}": box() for word in ALLOWED.get(kind, ())}
    texts = {"name": _text(60, True), "birth": _text(20), "id_number": _text(30), "phones": _text(200)}
    words = {"place": _text(80), "note": _text(200), "sex": ma.fields.Str(validate=ma.validate.OneOf(["female", "male"]))}
    return ma.Schema.from_dict({**texts, **words, **boxes, **more})


def revision_field() -> ma.fields.Int:
    """The revision the page was shown with."""
    return ma.fields.Int(required=True, validate=A_REVISION)


def typed_person(kind: str, form: Form) -> Form:
    """The whole of a person's form; an ID number left empty stays as it is, since the page never shows it in full."""
    fields: Form = {name: form.get(name, "") for name in ("name", "sex", "birth", "place", "note")}
    fields["phones"] = split_phones(form.get("phones", ""))
    if kind:
        fields["categories"] = [word.value for word in ALLOWED[kind] if f"c_{word.value}" in form]
    return {**fields, **({"id_number": form["id_number"]} if "id_number" in form else {})}


def checked(kind: str, typed: Mapping[str, str], known: Mapping[str, Any]) -> list[str]:
    """The categories whose box is ticked: those just typed, else those known."""
    if typed:
        return [word.value for word in ALLOWED.get(kind, ()) if f"c_{word.value}" in typed]
    return [note["category"] for note in known.get("categories", ())]


class RelativeForm(ma.Schema):
    """A relation, and the relative's phones."""

    relation = ma.fields.Str(required=True, validate=ma.validate.OneOf([role.value for role in Role]))
    presence = ma.fields.Str(required=True, validate=ma.validate.OneOf([presence.value for presence in Presence]))
    workplace = _text(80)
    phones = _text(200)
    call_order = ma.fields.Int(validate=ma.validate.Range(1, 99))
    may_know = ma.fields.Str(validate=ma.validate.OneOf(MAY_KNOW))
    guardian = box()
    carer = box()


class NewRelativeForm(RelativeForm):
    """With the name, which decides who it is."""

    name = _text(60, True)


class ChangedRelativeForm(RelativeForm):
    """As it was seen."""

    revision = revision_field()


def typed_relative(form: Form) -> Form:
    """The whole of a relative's form."""
    kept: Form = {name: form[name] for name in ("name", "relation", "presence", "call_order", "may_know") if name in form}
    boxes = {name: name in form for name in ("guardian", "carer")}
    return {**kept, **boxes, "workplace": form.get("workplace", ""), "phones": split_phones(form.get("phones", ""))}

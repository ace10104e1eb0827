"""`/api/v1/templates`: every text families can get, in every version. Data of the program, no person's."""

from typing import Any

import marshmallow as ma

from services.notifier.model.templates import TEMPLATES
from shared.access import Role
from shared.http import Blueprint, needs


class TemplateSchema(ma.Schema):
    """One version in one language: to a fresh number (`named`), to any other (`plain`)."""

    name = ma.fields.Str(required=True)
    version = ma.fields.Int(required=True)
    language = ma.fields.Str(required=True)
    named = ma.fields.Str(required=True)
    plain = ma.fields.Str(required=True)


def templates_api() -> Blueprint:
    """The blueprint of templates."""
    blueprint = Blueprint("templates", __name__, url_prefix="/api/v1/templates")

    @blueprint.route("", methods=["GET"])
    @blueprint.response(200, TemplateSchema(many=True))
    @needs(Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR)
    def listed() -> list[dict[str, Any]]:
        """All of them."""
        return [
            {"name": name, "version": version, "language": language, "named": text.named, "plain": text.plain}
            for name, versions in TEMPLATES.items()
            for version, languages in versions.items()
            for language, text in languages.items()
        ]

    return blueprint

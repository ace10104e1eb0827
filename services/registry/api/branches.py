"""GET /api/v1/branches: the tree, county to township to village."""

from typing import Any

import marshmallow as ma
from flask import Response

from services.registry.api.fields import id_field, one_page, thing
from services.registry.desk import Desk, Doc
from services.registry.queries import branches as ask
from shared.access import Role
from shared.http import Blueprint, Cursors, needs, principal


class BranchQuery(ma.Schema):
    """Narrow to the children of a branch, or to one administrative code."""

    parent = id_field(required=False)
    code = ma.fields.Str(validate=ma.validate.Regexp(r"^[0-9A-Za-z]{1,12}$"))
    cursor = ma.fields.Str(validate=ma.validate.Length(1, 1024))


def shown(row: Doc) -> Doc:
    """A branch; nothing in it speaks of a person."""
    told = {"id": row["_id"], "path": row["branch"], "level": row["level"], "code": row["code"], "name": row["name"]}
    return {**told, "parent": row["parent"], "revision": row["revision"]}


def blueprint(desk: Desk, cursors: Cursors) -> Blueprint:
    """The endpoints of branches."""
    bp = Blueprint("branches", __name__, url_prefix="/api/v1/branches")

    @bp.route("", methods=["GET"])
    @needs(*Role)
    @bp.arguments(BranchQuery, location="query")
    @bp.response(200)
    def listed(query: dict[str, Any]) -> Doc:
        """Branches of the asker's scope by code, 50 a page."""
        parent, code = query.get("parent", ""), query.get("code", "")
        filter = {"parent": parent, "code": code}
        who = principal()
        return one_page(
            cursors, "branches", filter, query.get("cursor"), "code",
            lambda after: ask.branches(desk, who, parent, code, after), shown,
        )  # fmt: skip

    @bp.route("/<id:branch>", methods=["GET"])
    @needs(*Role)
    @bp.response(200)
    def one(branch: str) -> Response:
        """One branch."""
        row = ask.branch_of(desk, principal(), branch)
        return thing(shown(row), row["revision"])

    return bp

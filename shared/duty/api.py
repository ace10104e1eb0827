"""/api/v1/<service>/duty: the figures of one service, its held events, and the two ways out of them, for programs."""

from typing import Any

from shared.duty.desk import ON_DUTY, DutyDesk
from shared.duty.releases import DROP, RETRY
from shared.duty.shapes import DutySchema, HeldPageSchema, HeldQuery, ReleaseSchema, WholeSchema, shown
from shared.duty.verdict import findings
from shared.http.blueprint import Blueprint
from shared.http.cursors import ordered_by, page_of
from shared.http.roles import needs

Doc = dict[str, Any]
LIST = "duty_held"


def blueprint(desk: DutyDesk) -> Blueprint:
    """The endpoints of one service."""
    bp = Blueprint("duty", __name__, url_prefix=f"/api/v1/{desk.service}/duty")

    @bp.route("", methods=["GET"])
    @needs(*ON_DUTY)
    @bp.response(200, DutySchema)
    def duty() -> Doc:
        """How this service is, and what of it somebody must act on."""
        desk.on_duty()
        figures = desk.reader.read()
        return shown(figures, findings(figures))

    @bp.route("/held", methods=["GET"])
    @needs(*ON_DUTY)
    @bp.arguments(HeldQuery, location="query")
    @bp.response(200, HeldPageSchema)
    def held(query: Doc) -> Doc:
        """Held events of one state, 50 a page."""
        who, state, cursor = desk.on_duty(), query["state"], query.get("cursor", "")
        rows, following = desk.cursors.turn(
            LIST,
            who,
            {"state": state},
            cursor,
            lambda after: desk.held.page(state, *(after or [""])),
            ordered_by("id"),
        )
        return page_of(rows, following)

    @bp.route("/held/<string:event>", methods=["GET"])
    @needs(*ON_DUTY)
    @bp.response(200, WholeSchema)
    def one(event: str) -> Doc:
        """One held event: why it is held, where it failed, and its open part."""
        desk.on_duty()
        return desk.held.one(event)

    @bp.route("/held/<string:event>/retry", methods=["POST"])
    @needs(*ON_DUTY)
    @bp.response(200, ReleaseSchema)
    def retry(event: str) -> Doc:
        """Have a parked event tried again now, by the service's worker."""
        return _released(desk, event, RETRY)

    @bp.route("/held/<string:event>/drop", methods=["POST"])
    @needs(*ON_DUTY)
    @bp.response(200, ReleaseSchema)
    def drop(event: str) -> Doc:
        """Pass a parked event over for good; what queued behind it goes on."""
        return _released(desk, event, DROP)

    return bp


def _released(desk: DutyDesk, event: str, decision: str) -> Doc:
    desk.releases.release(event, decision, desk.on_duty().account)
    return {"id": event, "decision": decision}

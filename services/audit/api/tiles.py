"""/log/: checkpoint, tiles and key at the paths of c2sp.org/tlog-tiles, so that anybody may check the log with own tools.

Hash tiles say nothing of anybody and are open to all; entry bundles need an inspector's sign-in. Nothing beyond the last
signed checkpoint is served: what is not signed may still go.
"""

from flask import Blueprint, Response

from services.audit.front import Front
from services.audit.model.tiles import ENTRIES, HEIGHT, Name, parse_path
from services.audit.model.wrong import Wrong
from shared.access import Role
from shared.errors import NotFound
from shared.http import needs, open_to_all

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
FOR_EVER = "max-age=31536000, immutable"


def blueprint(front: Front) -> Blueprint:
    """The views below /log/."""
    bp = Blueprint("log", __name__, url_prefix="/log")

    @bp.get("/checkpoint")
    @open_to_all
    def checkpoint() -> Response:
        return _answer(front.queries.published(front.runtime.machine_clock.now()), TEXT, "public, max-age=2")

    @bp.get("/key")
    @open_to_all
    def key() -> Response:
        row = front.queries.state()
        keys = row.get("keys", [row["key"]])  # the Ed25519 key of today comes first
        return _answer("".join(f"{each}\n" for each in keys).encode(), TEXT, "public, max-age=300")

    @bp.get("/tile/entries/<path:place>")
    @needs(Role.INSPECTOR, Role.ADMINISTRATOR)
    def bundle(place: str) -> Response:
        return _tile(front, f"tile/entries/{place}", f"private, {FOR_EVER}")

    @bp.get("/tile/<path:place>")
    @open_to_all
    def tile(place: str) -> Response:
        return _tile(front, f"tile/{place}", f"public, {FOR_EVER}", entries=False)

    return bp


def _tile(front: Front, path: str, cache: str, entries: bool = True) -> Response:
    try:
        name = parse_path(path)
    except Wrong:
        raise NotFound("no such tile") from None
    if (name.level == ENTRIES) is not entries or _end(name) > front.queries.state()["signed"]:
        raise NotFound("no such tile")
    return _answer(front.folder.read(path), BYTES, cache)


def _end(name: Name) -> int:
    """The size a log must have for this tile to be whole."""
    return name.first_entry + (name.width << HEIGHT * max(name.level, 0))


def _answer(body: bytes, kind: str, cache: str) -> Response:
    answer = Response(body, content_type=kind)
    answer.headers["Cache-Control"] = cache
    return answer

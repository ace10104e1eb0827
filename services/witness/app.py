"""The witness over HTTP: `POST /add-checkpoint`, `GET /<hash of origin>/checkpoint`, and its own keys at `/keys`.

No sign-in: what counts is who signed the checkpoint. One line of log for each answer, without the body.
"""

import logging
import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, request

from services.witness.asked import GREATEST_ASKED
from services.witness.folder import NotSet, WitnessFolder
from services.witness.memory import Forgotten
from services.witness.witness import TEXT, Answer, Witness

log = logging.getLogger("springrain.witness")


def create_app(folder: str, persisted: Callable[[], None] = lambda: None) -> Flask:
    """The app over a witness's folder. Raises NotSet when that has no keys."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    root = WitnessFolder(Path(folder))
    witness, app = Witness(root, persisted=persisted), Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = GREATEST_ASKED

    @app.post("/add-checkpoint")
    def add_checkpoint() -> Response:
        return _answer("add-checkpoint", lambda: witness.add_checkpoint(request.get_data()))

    @app.get("/<origin>/checkpoint")
    def checkpoint(origin: str) -> Response:
        return _answer("checkpoint", lambda: witness.latest(origin))

    @app.get("/keys")
    def keys() -> Response:
        return Response("".join(f"{key.verifier}\n" for key in root.signing_keys()), content_type=TEXT)

    return app


def _answer(what: str, ask: Callable[[], Answer]) -> Response:
    try:
        found = ask()
    except (NotSet, Forgotten, OSError) as error:
        log.error("%s 500 %s", what, error)
        return Response("this witness is not in order; its operator has to look\n", 500, content_type=TEXT)
    log.info("%s %s %s", what, found.status, found.why)
    return Response(found.body, found.status, content_type=found.kind)

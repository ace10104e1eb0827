"""The random id a browser keeps, where the county switched it on: whether one device tells for many accounts (rule 14).

No number of the device, no place, nothing read from it: a cookie of chance, gone when the browser forgets it or the county
switches it off.
"""

from flask import request
from werkzeug.wrappers import Response

from shared.ids import is_id, new_id

COOKIE = "springrain_device"
KEPT_SECONDS = 400 * 86_400
"""As long as browsers keep a cookie at most."""
WHERE = "/pages/scheduler"


def device() -> dict[str, str]:
    """The device's id as its browser sent it; nothing when there is none."""
    known = request.cookies.get(COOKIE, "")
    return {"device": known} if is_id(known) else {}


def keep_device(answer: Response, switched_on: bool) -> Response:
    """Have the browser keep an id, or forget it when this is switched off."""
    known = bool(device())
    if switched_on and not known:
        answer.set_cookie(
            COOKIE, new_id(), max_age=KEPT_SECONDS, path=WHERE, httponly=True, samesite="Strict", secure=request.is_secure
        )
    elif known and not switched_on:
        answer.delete_cookie(COOKIE, path=WHERE)
    return answer

"""The carrier's HTTP side: state for the conductor, the handsets for people and player, faults for tests."""

from collections.abc import Callable
from urllib.parse import quote

from deploy.local.carrier import pages
from deploy.local.carrier.handsets import Handset, Message
from deploy.local.carrier.http import Request, Response, as_json
from deploy.local.carrier.network import Network
from shared.clock import to_wire
from shared.errors import NotFound, Refused

LONGEST = 500


class Web:
    """Answers requests. `deliver` sends what became ready, `cut` breaks every SMPP connection."""

    def __init__(self, network: Network, deliver: Callable[[], None], cut: Callable[[], None]) -> None:
        self._network, self._deliver, self._cut = network, deliver, cut

    def __call__(self, request: Request) -> Response:
        """One request. Raises NotFound, Refused, BadRequest."""
        self._network.tick()
        self._deliver()
        parts = [part for part in request.path.split("/") if part]
        if request.method == "GET":
            return self._get(parts)
        if request.method == "POST":
            return self._post(parts, request)
        raise NotFound("no such way")

    def _get(self, parts: list[str]) -> Response:
        match parts:
            case ["state"]:
                return as_json(self._network.state())
            case ["handsets"]:
                return as_json([_short(handset) for handset in self._network.handsets.all()])
            case ["handsets", number]:
                return as_json([_message(message) for message in self._handset(number).messages])
            case ["demo", "handsets.css"]:
                return Response(200, pages.STYLE.encode(), "text/css; charset=utf-8")
            case ["demo", "handsets"]:
                return _html(pages.phones(self._network.handsets.all()))
            case ["demo", "handsets", number]:
                return _html(pages.phone(self._handset(number)))
        raise NotFound("no such page")

    def _post(self, parts: list[str], request: Request) -> Response:
        fields = request.fields()
        match parts:
            case ["handsets", number, "answer"]:
                self._answer(number, fields)
                return as_json({"answered": True})
            case ["demo", "handsets", number, "answer"]:
                self._answer(number, fields)
                return Response(303, headers={"Location": f"/demo/handsets/{quote(number)}"})
            case ["home"]:
                self._network.handsets.saw(_text(fields, "number"), _flag(fields, "came"))
                return as_json({"known": True})
            case ["faults"]:
                return self._faults(fields)
        raise NotFound("no such way")

    def _answer(self, number: str, fields: dict[str, object]) -> None:
        self._network.answers(self._handset(number), _text(fields, "text"))
        self._deliver()

    def _faults(self, fields: dict[str, object]) -> Response:
        """`{"mute": n, "throttle": n, "cut": true}`: what the next submits meet."""
        self._network.faults.mute = _count(fields, "mute")
        self._network.faults.throttle = _count(fields, "throttle")
        if fields.get("cut") is True:
            self._cut()
        return as_json({"set": True})

    def _handset(self, number: str) -> Handset:
        handset = self._network.handsets.find(number)
        if handset is None:
            raise NotFound("nothing ever came to this number")
        return handset


def _text(fields: dict[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        raise Refused.field(name, "text", f"a text of 1 to {LONGEST} letters")
    return value


def _flag(fields: dict[str, object], name: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool):
        raise Refused.field(name, "flag", "true or false")
    return value


def _count(fields: dict[str, object], name: str) -> int:
    value = fields.get(name, 0)
    if not isinstance(value, int) or not 0 <= value <= 1_000_000:
        raise Refused.field(name, "count", "a whole number from 0")
    return value


def _short(handset: Handset) -> dict[str, object]:
    return {
        "number": handset.number,
        "messages": len(handset.messages),
        "last": _message(handset.messages[-1]),
    }


def _message(message: Message) -> dict[str, object]:
    return {"at": to_wire(message.at), "own": message.own, "text": message.text, "state": message.state}


def _html(page: str) -> Response:
    return Response(200, page.encode(), "text/html; charset=utf-8")

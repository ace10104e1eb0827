"""What the command-line verbs send to a running Springrain through its front. Standard library only; no service is opened."""

import http.client
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from shared.errors import BadRequest, Busy, Fault, Refused
from shared.ids import new_id

Answer = dict[str, Any]
WAIT_SECONDS = 600.0


class Caller:
    """One account at one front."""

    def __init__(self, front: str, name: str, password: str) -> None:
        self._host = urlsplit(front).netloc
        self._token = ""
        self._token = self.send("POST", "/api/v1/sign-ins", {"name": name, "password": password})["token"]

    def send(self, method: str, path: str, body: Answer | None = None, **headers: str) -> Answer:
        """The answer's JSON. Raises Refused with the faults told, Busy when the front cannot be reached."""
        content = b"" if body is None else json.dumps(body).encode()
        return self.send_bytes(method, path, content, {"Content-Type": "application/json", **headers})

    def send_bytes(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> Answer:
        """The same with a body of any kind."""
        more = {"Idempotency-Key": new_id()} | ({"Authorization": f"Bearer {self._token}"} if self._token else {})
        connection = http.client.HTTPConnection(self._host, timeout=60)
        try:
            connection.request(method, path, content, more | headers)
            answer = connection.getresponse()
            told = json.loads(answer.read() or b"{}")
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Busy(f"Springrain does not answer at {self._host}") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise Refused(str(told.get("detail", "refused")), *(Fault(**fault) for fault in told.get("faults", ())))
        return dict(told)


def send_rosters(front: str, name: str, password: str, files: Sequence[Path]) -> list[Answer]:
    """Upload each file and wait until it is imported. Gives {file, id, rows, registered, changed, faults: {kind: n}}."""
    caller = Caller(front, name, password)
    return [_finished(caller, path, _upload(caller, path)) for path in files]


def _upload(caller: Caller, path: Path) -> str:
    border = new_id()
    head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{quote(path.name)}"'
    head += f"; filename*=UTF-8''{quote(path.name)}\r\nContent-Type: application/octet-stream\r\n\r\n"
    content = head.encode() + path.read_bytes() + f"\r\n--{border}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={border}"}
    return str(caller.send_bytes("POST", "/api/v1/rosters", content, kind)["id"])


def _finished(caller: Caller, path: Path, roster: str) -> Answer:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        told = caller.send("GET", f"/api/v1/rosters/{roster}")
        if told["state"] == "failed":
            raise Refused(f"{path.name} was not imported", *(Fault(**fault) for fault in told["problems"]))
        if told["state"] == "done":
            kept = ("id", "rows", "registered", "changed", "refused", "to_mend", "faults")
            return {"file": path.name, **{name: told[name] for name in kept}}
        time.sleep(0.5)
    raise BadRequest(f"{path.name} is still being imported; see the page of rosters")


def erase_person(front: str, first: tuple[str, str], second: tuple[str, str], person: str, ground: str) -> Answer:
    """Ask for an erasure and have the second person agree. Gives the erasure as it then stands."""
    asked = Caller(front, *first).send("POST", "/api/v1/erasures", {"person": person, "ground": ground})
    caller = Caller(front, *second)
    return caller.send("POST", f"/api/v1/erasures/{asked['id']}/approval", {}, **{"If-Match": f'"{asked["revision"]}"'})

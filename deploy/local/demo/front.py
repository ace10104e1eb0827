"""Speaks to the county through its front, as an office's browser or a volunteer's phone would: HTTP, tokens, nothing else."""

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from shared.errors import SpringrainError
from shared.ids import new_id

RENEW_AFTER_SECONDS = 200.0
RETRIES = 5


class Answered(SpringrainError):
    """The county answered something else than expected. `status` and problem say what."""

    code = "answered"

    def __init__(self, method: str, path: str, status: int, body: str) -> None:
        super().__init__(f"{method} {path}: {status} {body[:400]}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: parsed JSON (or raw bytes), and the revision its ETag names (0 without)."""

    status: int
    body: Any
    raw: bytes
    revision: int


class Front:
    """One signed-in user. Keeps one connection; renews its token by itself. For one thread."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
        self._token = ""
        self._renew_at = float("inf")

    def sign_in(self, name: str, password: str) -> dict[str, Any]:
        """Sign in and keep the token."""
        found: dict[str, Any] = self.post("/api/v1/sign-ins", {"name": name, "password": password}).body
        self._keep(found["token"])
        return found

    def get(self, path: str, **query: str) -> Reply:
        """GET. Raises Answered for any status but 2xx."""
        return self._send("GET", path + (f"?{urlencode(query)}" if query else ""), None, {})

    def pages(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page."""
        while True:
            body = self.get(path, **query).body
            yield from body["items"]
            if not body.get("next"):
                return
            query["cursor"] = body["next"]

    def post(self, path: str, body: Mapping[str, Any], *, revision: int = 0) -> Reply:
        """POST JSON once in effect, with If-Match when a revision is given."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": new_id()}
        if revision:
            headers["If-Match"] = f'"{revision}"'
        return self._send("POST", path, json.dumps(body, ensure_ascii=False).encode(), headers)

    def upload(self, path: str, name: str, content: bytes) -> Reply:
        """POST a file as a browser's form does."""
        border = new_id()
        head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        body = head + content + f"\r\n--{border}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={border}", "Idempotency-Key": new_id()}
        return self._send("POST", path, body, headers)

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        if time.monotonic() > self._renew_at:
            self._renew()
        if self._token:
            headers = {**headers, "Authorization": f"Bearer {self._token}"}
        for attempt in range(RETRIES):
            try:
                return self._once(method, path, body, {**headers, "Accept": "application/json"})
            except (http.client.HTTPException, OSError):
                self._connection.close()
                if attempt == RETRIES - 1:
                    raise
                time.sleep(0.2)
        raise AssertionError("the loop returns or raises")

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        raw = answer.read()
        if answer.status >= 300:
            raise Answered(method, path, answer.status, raw.decode("utf-8", "replace"))
        is_json = "json" in (answer.getheader("Content-Type") or "")
        tag = (answer.getheader("ETag") or "0").strip('W/"')
        return Reply(answer.status, json.loads(raw) if is_json and raw else None, raw, int(tag) if tag.isdecimal() else 0)

    def _renew(self) -> None:
        self._renew_at = float("inf")
        self._keep(self.post("/api/v1/renewals", {}).body["token"])

    def _keep(self, token: str) -> None:
        self._token, self._renew_at = token, time.monotonic() + RENEW_AFTER_SECONDS

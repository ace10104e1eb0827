"""What the broker itself says of its queues and bindings, over its management API: a look, never a decision."""

import base64
import json
import urllib.request
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit

from shared.errors import Busy
from shared.messaging.topology import EXCHANGE, MARK, Pair


@dataclass(frozen=True)
class Present:
    """What the broker has: its queues, and the marks under which each pair is bound (a plain binding's mark is empty)."""

    queues: set[str]
    marks: Mapping[Pair, set[str]]


@dataclass(frozen=True, slots=True)
class Length:
    """How many messages lie in a queue: ready to be taken, and taken but not acknowledged."""

    ready: int
    unacked: int


class BrokerView:
    """What the broker itself says, over its management API."""

    def __init__(self, management_url: str, vhost: str, timeout: float = 5.0) -> None:
        self._timeout = timeout
        parts = urlsplit(management_url)
        self._base = f"{parts.scheme}://{parts.hostname}:{parts.port}/api"
        self._vhost = quote(vhost, safe="")
        secret = f"{parts.username or 'guest'}:{parts.password or 'guest'}".encode()
        self._headers = {"Authorization": "Basic " + base64.b64encode(secret).decode()}

    def present(self) -> Present:
        """Queues and bindings of our exchange as they are now. Raises Busy when the broker cannot be asked."""
        try:
            queues = self._get(f"/queues/{self._vhost}?columns=name")
            bindings = self._get(f"/exchanges/{self._vhost}/{EXCHANGE}/bindings/source")
        except HTTPError as error:
            if error.code == 404:  # no exchange yet: a fresh broker
                return Present({row["name"] for row in queues}, {})
            raise Busy("the broker's management refuses us") from error
        except (OSError, ValueError, HTTPException) as error:
            raise Busy("the broker's management cannot be asked") from error
        marks: dict[Pair, set[str]] = defaultdict(set)
        for row in bindings:
            marks[row["destination"], row["routing_key"]].add(row["arguments"].get(MARK, ""))
        return Present({row["name"] for row in queues}, dict(marks))

    def lengths(self) -> dict[str, Length]:
        """Queues by name, as the broker counted them within the last seconds; one it has not counted yet is left out.

        Raises Busy when the broker cannot be asked.
        """
        try:
            rows = self._get(f"/queues/{self._vhost}?columns=name,messages_ready,messages_unacknowledged")
        except (OSError, ValueError, HTTPException) as error:
            raise Busy("the broker's management cannot be asked") from error
        counted = [row for row in rows if {"messages_ready", "messages_unacknowledged"} <= row.keys()]
        return {row["name"]: Length(row["messages_ready"], row["messages_unacknowledged"]) for row in counted}

    def _get(self, path: str) -> Any:
        request = urllib.request.Request(self._base + path, headers=self._headers)
        with urllib.request.urlopen(request, timeout=self._timeout) as answer:
            return json.load(answer)

"""RabbitMQ's management API: what the stack, the conductor and the tests ask of a broker.

Its counts lag a few seconds behind; to count messages exactly, declare the queue passively over AMQP.
"""

import base64
import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import Request, urlopen


class Management:
    """One broker, by the URL with user and password that `Stack.management_url` gives. Holds no connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.user = unquote(parts.username or "")
        secret = base64.b64encode(f"{self.user}:{unquote(parts.password or '')}".encode()).decode()
        self._base = f"{parts.scheme}://{parts.hostname}:{parts.port}/api/"
        self._headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}

    def ask(self, method: str, *path: str, body: object = None, within: float = 10.0) -> Any:
        """One call; each part of `path` is quoted. Gives the parsed answer, None for an empty one.

        urllib's HTTPError carries the status of a refusal; OSError when nothing answers within `within` seconds.
        """
        address = self._base + "/".join(quote(part, safe="") for part in path)
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(address, data, self._headers, method=method), timeout=within) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def answers(self) -> bool:
        """Whether the broker is up and lets us in."""
        try:
            self.ask("GET", "whoami", within=2.0)
        except (OSError, HTTPException):
            return False
        return True

    def make_vhost(self, name: str) -> None:
        """A virtual host in which our user may do everything. Making it again changes nothing."""
        self.ask("PUT", "vhosts", name, body={})
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self.ask("PUT", "permissions", name, self.user, body=everything)

    def drop_vhost(self, name: str) -> None:
        """Delete it with its queues and close its connections. One that is not there is fine."""
        try:
            self.ask("DELETE", "vhosts", name)
        except HTTPError as error:
            if error.code != 404:
                raise

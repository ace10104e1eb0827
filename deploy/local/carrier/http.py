"""A small HTTP/1.1 server for loopback, inside the carrier's event loop: no threads, nothing shared with another.

It is not for the open network: one request a connection, bodies up to 64 kB; a browser may post from its own pages only.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from shared.errors import BadRequest, Forbidden, SpringrainError

LARGEST = 64 * 1024
PATIENCE = 10.0
"""Seconds a caller may take for one request."""

CSP = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"


@dataclass(frozen=True, slots=True)
class Request:
    """One request, its path decoded and without query."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def fields(self) -> dict[str, object]:
        """The body's fields, of JSON or of a form. Raises BadRequest."""
        try:
            if "json" in self.headers.get("content-type", ""):
                read = json.loads(self.body)
                return read if isinstance(read, dict) else {}
            return dict(parse_qsl(self.body.decode(), strict_parsing=True, keep_blank_values=True))
        except ValueError:
            raise BadRequest("the body is neither JSON nor a form") from None


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back. `headers` beside the fixed ones."""

    status: int
    body: bytes = b""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def written(self) -> bytes:
        """The bytes on the wire."""
        head = {
            "Content-Type": self.kind,
            "Content-Length": str(len(self.body)),
            "Content-Security-Policy": CSP,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "Connection": "close",
            **self.headers,
        }
        lines = [f"HTTP/1.1 {self.status} -", *(f"{name}: {value}" for name, value in head.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


def as_json(what: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(status, json.dumps(what, ensure_ascii=False).encode(), "application/json; charset=utf-8")


Handler = Callable[[Request], Response]


async def serve(handler: Handler, host: str, port: int) -> asyncio.Server:
    """Listen. Errors of our tree become JSON with their status; any other ends the one connection."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                writer.write((await _answer(reader, handler)).written())
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the caller went away or sent no request: nobody is left to answer
        finally:
            writer.close()

    return await asyncio.start_server(connected, host, port, limit=LARGEST)


async def _answer(reader: asyncio.StreamReader, handler: Handler) -> Response:
    try:
        request = await _read(reader)
        _own_pages_only(request)
        return handler(request)
    except SpringrainError as error:
        return as_json({"code": error.code, "detail": error.message}, error.status)


async def _read(reader: asyncio.StreamReader) -> Request:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3:
        raise BadRequest("no request line")
    pairs = (line.partition(":") for line in lines[1:] if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LARGEST:
        raise BadRequest("a body of at most 64 kB with its length")
    body = await reader.readexactly(int(length))
    return Request(words[0], unquote(urlsplit(words[1]).path), headers, body)


def _own_pages_only(request: Request) -> None:
    """A page from elsewhere, open in the same browser, must not answer for a family."""
    if request.method != "GET" and request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise Forbidden("only from the carrier's own pages")

"""Free loopback ports that stay free over a restart.

The ports lie below the kernel's ephemeral range, so no outgoing connection can be given the port of a server that was
killed and is about to come back. Nothing here reserves a port: it is free now, and the server takes it soon.
"""

import random
import socket
from collections.abc import Iterator

LOOPBACK = "127.0.0.1"
_LOWEST, _HIGHEST = 20_000, 32_000  # Linux gives outgoing connections 32768 and up


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` right now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports() -> Iterator[int]:
    """Different free ports without end, from a random place on, so that two stacks starting at once rarely meet."""
    start = random.randrange(_LOWEST, _HIGHEST)
    for port in (*range(start, _HIGHEST), *range(_LOWEST, start)):
        if is_free(port):
            yield port


def free_port() -> int:
    """One free port."""
    return next(free_ports())


def first_free(preferred: int) -> int:
    """`preferred`, or the next port above it that is free: where a newcomer expects the page."""
    return next(port for port in range(preferred, 65_536) if is_free(port))


def listens(port: int) -> bool:
    """Whether somebody accepts connections on 127.0.0.1:`port`."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1.0).close()
    except OSError:
        return False
    return True

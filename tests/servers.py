"""What the fixtures of conftest hand out."""

from typing import NamedTuple


class Vhost(NamedTuple):
    """A virtual host of one test: its name and the URL a client connects to."""

    name: str
    amqp_url: str

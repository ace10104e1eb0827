"""What the fixtures of conftest hand out."""

from typing import NamedTuple

import pika

from shared.messaging.parcels import unpack


class Vhost(NamedTuple):
    """A virtual host of one test: its name and the URL a client connects to."""

    name: str
    amqp_url: str


def drained(vhost: Vhost, queue: str) -> list[bytes]:
    """Take all a queue holds: the bodies of its events, however many a message."""
    with pika.BlockingConnection(pika.URLParameters(vhost.amqp_url)) as connection:
        channel, found = connection.channel(), []
        while (got := channel.basic_get(queue, auto_ack=True))[0] is not None:
            found += [body for body, _ in unpack(got[2], None)]
        return found

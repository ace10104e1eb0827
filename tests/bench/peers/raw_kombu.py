"""`python -m tests.bench.peers.raw_kombu INTO SECONDS`: what kombu brings to a quorum queue when each message is confirmed
before the next. Bounds every framework that stands on it, for one caller."""

import json
import sys
import time
from pathlib import Path

from kombu import Connection, Exchange, Queue

from tests.bench.peers.store import amqp_url

BODY = b"x" * 600
"""About an event of ours."""


def main(into: str, seconds: float) -> None:
    """Measure, and write it down."""
    exchange = Exchange("", type="direct")
    queue = Queue("raw", exchange, routing_key="raw", durable=True, queue_arguments={"x-queue-type": "quorum"})
    with Connection(amqp_url(), transport_options={"confirm_publish": True}) as connection:
        queue(connection.default_channel).queue_declare()
        producer = connection.Producer(exchange=exchange, routing_key="raw")
        sent, start = 0, time.monotonic()
        while (spent := time.monotonic() - start) < seconds:
            producer.publish(BODY, content_type="application/octet-stream", content_encoding="binary", delivery_mode=2)
            sent += 1
    Path(into).write_text(json.dumps({"confirmed": sent / spent}), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))

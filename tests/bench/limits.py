"""What the parts can do by themselves, without anything of ours: no design on them can be faster."""

import time
from collections.abc import Iterable
from itertools import repeat

from pymongo import MongoClient
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shared.ids import new_id
from tests.bench.line import BULK, Line
from tests.bench.peers.beside import kombu_confirms
from tests.bench.pipelined import make_queue, publish_all
from tests.bench.rows import Row

BODY = b"x" * 600
"""About an event."""
QUEUE = "bench.limit"
ROWS = "bench_limit"


def measure_limits(line: Line, quick: bool) -> Iterable[Row]:
    """Each limit for some seconds."""
    seconds = 2.0 if quick else 5.0
    yield Row("limit: pika, confirms pipelined, quorum queue", pika_pipelined(line, 20_000 if quick else 60_000), "messages/s")
    yield Row("limit: kombu, each confirmed before the next", kombu_confirms(line.stack, seconds), "messages/s")
    yield Row(f"limit: pymongo, transactions of {BULK} inserts", mongo_transactions(line, seconds), "rows/s")


def pika_pipelined(line: Line, many: int) -> float:
    """Messages a second."""
    url = line.county.settings.amqp_url
    make_queue(url, QUEUE)
    return many / publish_all(url, QUEUE, repeat(BODY, many))


def mongo_transactions(line: Line, seconds: float) -> float:
    """Rows a second from one thread, majority and journaled."""
    client: MongoClient[dict[str, object]] = line.registry.client
    rows = line.registry.database[ROWS]
    line.registry.database.create_collection(ROWS)
    done, start = 0, time.monotonic()
    with client.start_session() as session:
        while (spent := time.monotonic() - start) < seconds:
            with session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority", j=True)):
                rows.insert_many([{"_id": new_id(), "body": BODY} for _ in range(BULK)], session=session)
            done += BULK
    rows.drop()
    return done / spent

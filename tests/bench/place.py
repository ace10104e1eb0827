"""Where a suite measures: real servers of its own and one county, in a folder that is gone afterwards."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from deploy.local.stack import Management, Stack
from tests.county import County
from tests.servers import Vhost

CACHE_GB = 1.0
"""Of the database, as docker-compose.yml gives a county: in a quarter, the least, a million subjects no longer fit."""


@contextmanager
def county(settings: Callable[[Path], dict[str, str]] = lambda folder: {}) -> Iterator[tuple[Stack, County]]:
    """A county on servers that are stopped at the end, and with them whatever `stack.children` started.

    `settings` names further settings of the county, given its folder.
    """
    with servers() as stack, county_on(stack, settings) as made:
        yield stack, made


@contextmanager
def servers() -> Iterator[Stack]:
    """Real servers, stopped at the end, and with them whatever `stack.children` started."""
    with tempfile.TemporaryDirectory() as name, Stack.start(Path(name) / "stack", cache_gb=CACHE_GB) as stack:
        yield stack


@contextmanager
def county_on(stack: Stack, settings: Callable[[Path], dict[str, str]] = lambda folder: {}) -> Iterator[County]:
    """A county of its own on these servers. What it wrote and sent is gone at the end."""
    host, management = f"bench{uuid4().hex[:8]}", Management(stack.management_url)
    management.make_vhost(host)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = County(stack, Vhost(host, stack.rabbit.amqp_url_of(host)), host, folder, **settings(folder))
        client = made.service("registry").client
        try:
            yield made
        finally:
            management.drop_vhost(host)
            for database in client.list_database_names():
                if database.startswith(host):
                    client.drop_database(database)
            made.close()

"""Where a suite measures: real servers of its own and one county, in a folder that is gone afterwards."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from deploy.local.stack import Management, Stack
from tests.county import County
from tests.servers import Vhost


@contextmanager
def county(settings: Callable[[Path], dict[str, str]] = lambda folder: {}) -> Iterator[tuple[Stack, County]]:
    """A county on servers that are stopped at the end, and with them whatever `stack.children` started.

    `settings` names further settings of the county, given its folder.
    """
    with tempfile.TemporaryDirectory() as name, Stack.start(Path(name) / "stack") as stack:
        host = f"bench{uuid4().hex[:8]}"
        Management(stack.management_url).make_vhost(host)
        folder = Path(name)
        made = County(stack, Vhost(host, stack.rabbit.amqp_url_of(host)), host, folder, **settings(folder))
        try:
            yield stack, made
        finally:
            made.close()

"""A whole county for tests: every process of the demo, on the session's servers, in a folder of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import StringIO
from pathlib import Path

from deploy.local.demo.conductor import Conductor
from deploy.local.demo.processes import County, lay_out, start_carrier, start_front, start_services
from deploy.local.demo.story import START, Story, install
from deploy.local.demo.telling import Teller
from deploy.local.stack import Stack, stop_together
from deploy.local.stack.ports import free_port


@contextmanager
def whole_county(stack: Stack, folder: Path, seed: str = "7", start: datetime = START) -> Iterator[Story]:
    """Start everything, make one account of each role, and stop it all at the end."""
    county = lay_out(folder, stack, free_port(), seed, start)
    before = stack.children.running()
    try:
        yield _open(county, seed)
    finally:
        stop_together(child for child in stack.children.running() if child not in before)


def _open(county: County, seed: str) -> Story:
    start_front(county)
    admin = install(county)
    start_carrier(county, seed)
    start_services(county)
    story = Story(county, Conductor(county), Teller(StringIO()), seed)
    story.open_county(admin)
    return story

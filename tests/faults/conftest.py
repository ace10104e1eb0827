"""The faults' own place: a small backbone of processes that can be killed. `slow` tests run by `make faults` only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.stack import Stack
from tests.faults.backbone import Backbone, backbone_on
from tests.servers import Vhost

HERE = "tests/faults"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the slow ones out unless this folder was named, as `make faults` does."""
    if any(HERE in argument for argument in config.args):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    items[:] = [item for item in items if item not in slow]
    config.hook.pytest_deselected(items=slow)


@pytest.fixture
def backbone(stack: Stack, vhost: Vhost, database_name: str, tmp_path: Path) -> Iterator[Backbone]:
    """Registry tells, scheduler listens, the log's queue gets all."""
    with backbone_on(stack, vhost, database_name, tmp_path) as running:
        yield running

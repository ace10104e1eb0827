"""What contract tests of one service share: started once for the folder, since a county and its log take ten seconds."""

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.local.stack import Stack
from tests.audit_http import Log, log_over_http


@pytest.fixture(scope="package")
def log(stack: Stack, management: Any, mongo: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    """A log over HTTP. Whoever changes something of it by hand puts it back."""
    management.make_vhost("audithttp")
    with log_over_http(stack, "audithttp", tmp_path_factory.mktemp("audit")) as made:
        yield made
    management.drop_vhost("audithttp")

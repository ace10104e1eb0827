"""Questions about erasures: ids, grounds and states; nothing about the person is left to be asked."""

from collections.abc import Sequence
from typing import Any

from services.registry.desk import Desk, Doc
from services.registry.queries.branches import path_of
from services.registry.queries.pages import listed, one
from services.registry.store import ERASURES
from shared.access import Principal


def erasures(desk: Desk, who: Principal, branch: str, after: Sequence[Any]) -> list[Doc]:
    """Erasures in scope, oldest first."""
    return listed(desk, ERASURES, who, {}, "_id", after, path_of(desk, who, branch))


def erasure(desk: Desk, who: Principal, erasure_id: str) -> Doc:
    """One erasure in scope. Raises NotFound."""
    return one(desk, ERASURES, who, erasure_id)

"""Questions about accounts; for the administrator."""

from collections.abc import Sequence
from typing import Any

from services.registry.desk import Desk, Doc
from services.registry.queries.branches import path_of
from services.registry.queries.pages import listed, one
from services.registry.store import ACCOUNTS
from shared.access import Principal


def accounts(desk: Desk, who: Principal, branch: str, after: Sequence[Any]) -> list[Doc]:
    """Accounts in scope, oldest first."""
    return listed(desk, ACCOUNTS, who, {}, "_id", after, path_of(desk, who, branch))


def account(desk: Desk, who: Principal, account_id: str) -> Doc:
    """One account. Raises NotFound."""
    return one(desk, ACCOUNTS, who, account_id)

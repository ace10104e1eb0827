"""Pages of 50 of one collection within the asker's scope, in one order, as every list of the registry has them."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.registry.desk import Desk, Doc
from shared.access import Principal, within
from shared.errors import NotFound
from shared.http import PAGE


def listed(
    desk: Desk, name: str, who: Principal, filter: Mapping[str, Any], by: str, after: Sequence[Any], branch: str = ""
) -> list[Doc]:
    """Up to 51 documents (one more than a page) of `who`'s scope, ordered by the unique field `by`, after a position.

    `branch` narrows the scope; one outside of it finds nothing.
    """
    if branch and not (who.sees(branch)):
        return []
    bounds = within(branch) if branch else who.scope()
    beyond = {by: {"$gt": after[0]}} if after else {}
    wanted = {"$and": [bounds, dict(filter), beyond]}
    return list(desk.database[name].find(wanted, sort=[(by, 1)], limit=PAGE + 1))


def one(desk: Desk, name: str, who: Principal, thing: str) -> Doc:
    """The document of this id in `who`'s scope. Raises NotFound: not there and not yours look the same."""
    found = desk.database[name].find_one({"$and": [{"_id": {"$eq": thing}}, who.scope()]})
    if found is None:
        raise NotFound("nothing of yours has this id")
    return found

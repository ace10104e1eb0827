"""What a service has told, as its outbox keeps it: one dict an event, whichever commit it was part of."""

from typing import Any

from pymongo.database import Database

Doc = dict[str, Any]


def told_events(database: Database[Doc], **wanted: Any) -> list[Doc]:
    """Events in the order of their commits, with `untold` of their row; `wanted` names fields, as in a filter."""
    steps: list[Doc] = [
        {"$sort": {"_id": 1}},
        {"$unwind": "$events"},
        {"$replaceWith": {"$mergeObjects": [{"untold": "$untold"}, "$events"]}},
        {"$match": wanted},
    ]
    return list(database["outbox"].aggregate(steps))

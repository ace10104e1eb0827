"""Which service answers which path. Data: a test compares it with the routes of each app."""

from collections.abc import Mapping

# The first part of the path after /api/v1/, by the service that owns the thing.
API: dict[str, tuple[str, ...]] = {
    "registry": (
        "accounts",
        "branches",
        "erasures",
        "households",
        "pairing-proposals",
        "pairings",
        "people",
        "relatives",
        "renewals",
        "rosters",
        "sign-ins",
        "volunteers",
    ),
    "scheduler": ("plans", "uncovered", "visits"),
    "notifier": ("answers", "messages", "templates"),
    "audit": ("completeness", "concerns", "entries", "evidence", "exports", "findings", "inspections"),
}
SHOWN_BY_ALL = ("/duty", "/static/")
"""The page for the person on duty, and the files of all pages: the first service that answers gives them."""


def front_table(addresses: Mapping[str, str]) -> dict[str, str]:
    """Path prefix -> "host:port", for each service that `addresses` names (service -> "host:port").

    /duty and what pages are drawn with have all of them: whichever service still answers shows which do not. A prefix ending
    in a slash stands for what is below it, another one also for itself.
    """
    table = {f"/pages/{service}/": address for service, address in addresses.items()}
    table |= {f"/api/v1/{service}/": address for service, address in addresses.items()}  # each describes its own API there
    for service, resources in API.items():
        table |= {f"/api/v1/{resource}": addresses[service] for resource in resources if service in addresses}
    if "audit" in addresses:
        table["/log/"] = addresses["audit"]
    table |= dict.fromkeys(SHOWN_BY_ALL, " ".join(addresses.values()))
    if "registry" in addresses:
        table["/"] = addresses["registry"]
    return table

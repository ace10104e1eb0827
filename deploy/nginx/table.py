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
    "audit": ("concerns", "entries", "exports"),
}


def front_table(addresses: Mapping[str, str]) -> dict[str, str]:
    """Path prefix -> "host:port", for each service that `addresses` names (service -> "host:port").

    A prefix ending in a slash stands for what is below it, another one also for itself.
    """
    table = {f"/pages/{service}/": address for service, address in addresses.items()}
    table |= {f"/api/v1/{service}/": address for service, address in addresses.items()}  # each describes its own API there
    for service, resources in API.items():
        table |= {f"/api/v1/{resource}": addresses[service] for resource in resources if service in addresses}
    if "audit" in addresses:
        table["/log/"] = addresses["audit"]
    if "registry" in addresses:
        table |= {"/static/": addresses["registry"], "/": addresses["registry"]}
    return table

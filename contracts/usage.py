"""Who handles and who tells each type, as the services' own code has it."""

from collections import defaultdict
from importlib import import_module
from pathlib import Path

from shared.app import SERVICES
from shared.events import EventType, catalogue
from shared.healing.days import COUNTED

OF_THE_BACKBONE = {COUNTED}
"""What every listener handles, whatever else it does."""
NO_TELLERS = ("handlers.py", "recall.py")
"""Files that name types because they take them in."""
ROOT = Path(__file__).resolve().parents[1]


def handled_types(service: str) -> set[str]:
    """The types in a service's table of handlers. The functions are not called, so that no desk is needed."""
    module = import_module(f"services.{service}.handlers")
    table = module.Watch(None, None, None).handlers() if service == "audit" else module.handlers(None)
    return set(table) | OF_THE_BACKBONE


def readers() -> dict[str, list[str]]:
    """The services that have a handler, by type."""
    found: dict[str, list[str]] = defaultdict(list)
    for service in sorted(SERVICES):
        for name in handled_types(service):
            found[name].append(service)
    return dict(found)


def told_types() -> set[str]:
    """The types that the code names where it may tell them."""
    return {name for name, kind in catalogue().items() if is_told(kind)}


def is_told(kind: EventType) -> bool:
    """Whether the service that owns this type names it where it may tell it."""
    rooms = [ROOT / "services" / kind.teller] if kind.teller in SERVICES else [ROOT / "services", ROOT / "shared"]
    files = [f for room in rooms for f in room.rglob("*.py") if f.name not in NO_TELLERS and "events" not in f.parts]
    return any(f'"{kind.name}"' in file.read_text("utf-8") for file in files)

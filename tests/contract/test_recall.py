"""Every event a service tells can be brought back into its documents after a restore, or it says why there is none."""

from importlib import import_module

import pytest

from contracts.usage import is_told
from shared.app import SERVICES
from shared.events import catalogue
from shared.events.catalogue import ANY_SERVICE
from shared.healing.recall import OF_NO_THING


def told_by(service: str) -> set[str]:
    """The types this service may tell, and the older versions of them that its log holds."""
    types = catalogue()
    told = {name for name, kind in types.items() if kind.teller in (service, ANY_SERVICE) and is_told(kind)}
    older = {types[name].schema.SUCCEEDS for name in told if types[name].schema.SUCCEEDS}
    return told | {name for name in older if types[name].teller == service}


@pytest.mark.parametrize("service", SERVICES)
def test_a_restored_service_knows_what_to_do_with_each_of_its_own_events(service: str) -> None:
    module = import_module(f"services.{service}.recall")
    applied, nothing = set(module.RECALL), set(module.NOTHING_TO_RECALL)
    assert applied & (nothing | OF_NO_THING) == set()
    assert applied | nothing | OF_NO_THING == told_by(service)

"""The registry's API: one module a resource, shape in and shape out."""

from services.registry.api import (
    accounts,
    branches,
    erasures,
    households,
    pairings,
    people,
    relatives,
    rosters,
    sign_ins,
    volunteers,
)
from services.registry.wiring import Front
from shared.http import Blueprint


def blueprints(front: Front) -> list[Blueprint]:
    """All endpoints of the registry."""
    resources = (accounts, erasures, households, pairings, people, relatives, rosters, volunteers)
    return [
        *(resource.blueprint(front) for resource in resources),
        pairings.proposals(front),
        branches.blueprint(front.desk, front.cursors),
        sign_ins.blueprint(front.door, front.reader),
    ]

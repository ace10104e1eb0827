"""The registry's pages: overview, people, households, volunteers, pairings, imports, accounts, erasures.

A page that opened people's fields notes the look before it is answered. None of them says more than the role may see.
"""

from flask import Blueprint

from services.registry.pages import (
    accounts,
    erasures,
    home,
    households,
    keeping,
    pairings,
    people,
    relatives,
    rosters,
    volunteers,
)
from services.registry.wiring import Front


def blueprints(front: Front) -> list[Blueprint]:
    """All pages but those of signing in."""
    rooms = (people, keeping, relatives, households, volunteers, pairings, rosters, accounts, erasures)
    return [home.blueprint(front.desk), *(room.blueprint(front) for room in rooms)]

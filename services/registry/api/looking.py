"""Why somebody looks at a person, as the look is told."""

from shared.access import Principal, Role


def ground_of(who: Principal) -> str:
    """Why this account looks."""
    return "inspection" if who.role is Role.INSPECTOR else "care"

"""Units of work: a change and the events it tells commit together, or not at all. Nothing here knows a broker."""

from shared.units.runner import Units
from shared.units.unit import Unit

__all__ = ["Unit", "Units"]

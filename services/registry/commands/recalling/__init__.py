"""Own events that came back from the log, each applied to the document of the thing it tells of (`shared/healing/recall.py`).

Nothing here tells an event, reaches outside the unit of work, or takes a revision back. What an event does not hold stays as
the backup had it; of a thing the backup had not, it is missing (docs/operating.md, "A restored backup").
"""

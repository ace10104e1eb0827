"""The page for the person on duty: what waits, what is parked, what is missing, in each service, and two buttons.

Every service mounts it (shared/app.py) and shows its own part out of its own database; the browser puts the parts together.
It never asks another service, and shows of an event no more than its open part: what is sealed is named, never opened.
"""

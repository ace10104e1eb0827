"""A person as a list shows them: nothing opened."""

from services.registry.desk import Doc


def person_shown(row: Doc) -> Doc:
    """What can be shown without opening anything."""
    kept = ("number", "kinds", "branch", "minor", "care", "band", "no_adult", "home", "state", "to_mend")
    told = {"id": row["_id"], **{name: row[name] for name in kept}, "revision": row["revision"]}
    return {**told, "contact": row.get("contact", "unproven"), "held": bool(row.get("hold"))}

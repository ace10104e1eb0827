"""Branches, accounts and imports as their own events tell them.

A password's hash, a sign-in name and a session are in no event, for good reason. So whoever's rights changed since the backup
cannot sign in with the password the backup has: it may be the one they changed because somebody knew it. An administrator gives
a new one (docs/operating.md). The rights revision never goes back: a token of before stays refused.
"""

from services.registry.commands.recalling.closed import head_of, news, put
from services.registry.desk import Desk, Doc
from services.registry.passwords import NO_PASSWORD
from services.registry.store import ACCOUNTS, BRANCHES, ROSTERS, SESSIONS
from shared import rights
from shared.clock import from_wire
from shared.events import Event
from shared.units import Unit

FIGURES = ("rows", "registered", "changed", "refused", "to_mend")


def recall_branch(unit: Unit, _desk: Desk, event: Event) -> None:
    """branch.registered."""
    known, newer = news(unit, BRANCHES, event)
    if newer:
        place = {name: event.data[name] for name in ("level", "code", "name")}
        put(unit, BRANCHES, known, {**head_of(event), **place, "parent": event.data.get("parent", "")})


def recall_account(unit: Unit, _desk: Desk, event: Event) -> None:
    """account.registered: somebody who can be named in the log, and cannot sign in before an administrator helps."""
    known, newer = news(unit, ACCOUNTS, event)
    if newer:
        person = next(iter(event.sealed()), "")
        unknown: Doc = {"name": f"recalled-{event.subject[-12:]}", "password": NO_PASSWORD, "ended": False, "person": person}
        fresh = {**unknown, **known, **head_of(event), "role": event.data["role"], "rights": event.data["rights"]}
        put(unit, ACCOUNTS, known, fresh)
        rights.note(unit, event.subject, fresh["rights"])


def recall_rights(unit: Unit, _desk: Desk, event: Event) -> None:
    """account.rights_changed: role, scope, life, or a password, which nobody can tell; sessions end, as they did."""
    known, newer = news(unit, ACCOUNTS, event)
    if known and newer:
        changed = {name: event.data[name] for name in ("role", "rights", "ended")}
        put(unit, ACCOUNTS, known, {**known, **head_of(event), **changed, "password": NO_PASSWORD})
        rights.note(unit, event.subject, event.data["rights"])
        unit.collection(SESSIONS).delete_any({"account": event.subject})


def recall_import(unit: Unit, _desk: Desk, event: Event) -> None:
    """roster.imported: this import is over and is never run again. The list of who stood in which row is lost, so its files
    are destroyed now: an erasure would not find them. One event a kind; the figures stand in the last."""
    known, _ = news(unit, ROSTERS, event)
    if known.get("state") == "done" and known["revision"] >= event.revision:
        return
    job = known or _job(event)
    figures = {name: event.data[name] for name in FIGURES if event.data[name]}
    kinds = sorted({*job["kinds"], event.data["roster"]})
    over = {"state": "done", "done_at": from_wire(event.time), "workbook": False, "forget": True}
    fresh = {**job, **figures, **over, "kinds": kinds, "revision": event.revision}
    fresh |= {"people": fresh["rows"], "done": fresh["rows"]}
    fresh.pop("taken_until", None)
    put(unit, ROSTERS, known, fresh)


def _job(event: Event) -> Doc:
    lists: Doc = {"kinds": [], "faults": {}, "listed": [], "problems": [], "sealed": ""}
    zeros = dict.fromkeys(FIGURES, 0)
    return {**head_of(event), "account": event.actor, "sent_at": from_wire(event.time), "files": False, **lists, **zeros}

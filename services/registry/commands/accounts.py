"""Accounts: made by an administrator, changed and ended at once everywhere (a token of earlier rights is refused in 2 s).

Account ids are made for this alone and never used again; the link to a person stands sealed in the event.
"""

from collections.abc import Mapping
from typing import Any

from services.registry.desk import Doc
from services.registry.model.accounts import check_scope
from services.registry.store import ACCOUNTS, BRANCHES, SESSIONS
from shared import rights
from shared.access import Role
from shared.errors import Conflict, NotFound, Refused, Stale
from shared.ids import new_id
from shared.units import Unit


def open_account(unit: Unit, actor: str, *, name: str, password: str, role: Role, branch: str, person: str) -> Doc:
    """A new account; `password` is the argon2 hash, `name` has checked itself. Raises Conflict when the name is taken."""
    accounts = unit.collection(ACCOUNTS)
    if accounts.find_one({"name": name}) is not None:
        raise Conflict("this sign-in name is taken")
    check_scope(role, _level(unit, branch))
    account: Doc = {
        "_id": new_id(),
        "revision": 1,
        "branch": branch,
        "name": name,
        "password": password,
        "role": role.value,
        "rights": 1,
        "ended": False,
        "person": person,
    }
    accounts.insert(account)
    unit.tell(
        "account.registered.v1",
        subject=account["_id"],
        revision=1,
        branch=branch,
        actor=actor,
        data={"role": role.value, "rights": 1},
        closed={person: {"person": person}} if person else None,
    )
    rights.note(unit, account["_id"], 1)
    return account


def change_account(unit: Unit, actor: str, account_id: str, revision: int, change: Mapping[str, Any]) -> Doc:
    """Change role, branch, password (its hash) or life of an account; every session of it ends with that.

    Raises NotFound, Stale, and Refused for one's own account, so that no county is left without an administrator.
    """
    account = unit.collection(ACCOUNTS).find_one({"_id": account_id})
    if account is None:
        raise NotFound("no such account")
    if account["revision"] != revision:
        raise Stale("this account was changed meanwhile")
    if account_id == actor and change.keys() - {"password"}:
        raise Refused.field("role", "own_account", "不能更改自己的角色、范围或停用自己。", "请另一位管理员来改。")
    return alter(unit, actor, account, change)


def alter(unit: Unit, actor: str, account: Doc, change: Mapping[str, Any]) -> Doc:
    """Write a change of an account that is at hand, tell its rights, end its sessions."""
    fresh = account | dict(change) | {"rights": account["rights"] + 1, "revision": account["revision"] + 1}
    check_scope(Role(fresh["role"]), _level(unit, fresh["branch"]))
    unit.collection(ACCOUNTS).replace(fresh, was=account["revision"])
    unit.tell(
        "account.rights_changed.v1",
        subject=fresh["_id"],
        revision=fresh["revision"],
        branch=fresh["branch"],
        actor=actor,
        data={"role": fresh["role"], "rights": fresh["rights"], "ended": fresh["ended"]},
    )
    rights.note(unit, fresh["_id"], fresh["rights"])
    unit.collection(SESSIONS).delete_any({"account": fresh["_id"]})
    return fresh


def _level(unit: Unit, branch: str) -> str:
    found = unit.collection(BRANCHES).find_one({"branch": branch})
    if found is None:
        raise Refused.field("branch", "branch_unknown", "没有这个支部。", "请从支部列表中选择。")
    return str(found["level"])

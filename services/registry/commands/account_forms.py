"""From what an administrator filled in to the command: checks, and the slow hash, before the unit of work begins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.registry.commands.accounts import change_account, open_account
from services.registry.desk import Desk, Doc
from services.registry.model.accounts import check_name, check_password
from services.registry.passwords import Passwords
from services.registry.queries.branches import path_of
from services.registry.store import ACCOUNTS
from shared.access import Principal, Role
from shared.units import Unit

Command = Callable[[Unit], Doc]


@dataclass(frozen=True)
class AccountForms:
    """Makes commands of forms."""

    desk: Desk
    passwords: Passwords

    def opening(self, who: Principal, form: Mapping[str, Any]) -> Command:
        """The command that opens this account. Raises Refused for an unfit name or password, NotFound for the branch."""
        name = check_name(form["name"])
        secret = self.passwords.hash(check_password(form["password"], name))
        branch, role = path_of(self.desk, who, form["branch"]), Role(form["role"])
        person = form.get("person", "")
        return lambda unit: open_account(unit, who.account, name=name, password=secret, role=role, branch=branch, person=person)

    def changing(self, who: Principal, account: str, revision: int, form: Mapping[str, Any]) -> Command:
        """The command that changes this account."""
        change = dict(form)
        if "password" in change:
            row = self.desk.database[ACCOUNTS].find_one({"_id": account}) or {"name": ""}
            change["password"] = self.passwords.hash(check_password(change["password"], row["name"]))
        if "branch" in change:
            change["branch"] = path_of(self.desk, who, change["branch"])
        return lambda unit: change_account(unit, who.account, account, revision, change)

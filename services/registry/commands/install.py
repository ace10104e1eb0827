"""A first installation: the county's own branch (its id is the county's id), and the first administrator.

May be run again: what is there stays as it is.
"""

from pathlib import Path

from services.registry.commands.accounts import open_account
from services.registry.commands.branches import rows, tell_branch
from services.registry.desk import SYSTEM, Desk, Doc
from services.registry.model.accounts import check_name, check_password
from services.registry.passwords import Passwords
from services.registry.store import ACCOUNTS, BRANCHES
from shared.access import Role
from shared.errors import Refused
from shared.units import Unit


def install(desk: Desk, *, code: str, name: str, administrator: str, password: str) -> None:
    """Make the root branch with this administrative code and name, and the administrator. Runs its own unit of work.

    Raises Refused for a weak password or an unfit sign-in name, before anything is written.
    """
    account_name = check_name(administrator)
    secret = Passwords().hash(check_password(password, account_name))

    def work(unit: Unit) -> None:
        root = unit.collection(BRANCHES).find_one({"_id": desk.home}) or _plant(unit, desk.home, code, name)
        if unit.collection(ACCOUNTS).find_one({"name": account_name}) is None:
            open_account(
                unit, SYSTEM, name=account_name, password=secret, role=Role.ADMINISTRATOR, branch=root["branch"], person=""
            )

    desk.units.run(work)


def _plant(unit: Unit, county: str, code: str, name: str) -> Doc:
    root = {
        "_id": county,
        "revision": 1,
        "branch": county,
        "level": "county",
        "code": code,
        "name": name,
        "parent": "",
    }
    unit.collection(BRANCHES).insert(root)
    tell_branch(unit, root)
    return root


def name_of_county(townships: Path) -> tuple[str, str]:
    """(code, name) of the county a list of townships is of. Raises Refused for an empty list."""
    first = next(iter(rows(townships)), None)
    if first is None:
        raise Refused.field("townships", "empty", "the list of townships is empty", "give the county's list")
    return first["county_code"], first["county_name"]

"""Who may have which account: names, passwords and scopes as rules. Pure."""

import re

from shared.access import Role
from shared.errors import Refused

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")
LEAST_PASSWORD, MOST_PASSWORD = 10, 200
LEVELS: dict[Role, tuple[str, ...]] = {
    Role.CLERK: ("county", "township", "village", "unit"),
    Role.VOLUNTEER: ("township", "village", "unit", "county"),
    Role.SUPERVISOR: ("county", "township"),
    Role.ADMINISTRATOR: ("county",),
    Role.INSPECTOR: ("county",),
    Role.LIAISON: ("county", "township", "unit"),
}
"""At which level of the tree an account of each role may have its scope (docs/domain.md, "Who uses it")."""


def check_name(name: str) -> str:
    """The sign-in name in its one form. Raises Refused (`account_name`)."""
    found = name.strip().lower()
    if NAME.fullmatch(found) is None:
        raise Refused.field("name", "account_name", "登录名用3到40个小写字母、数字、点或横线。", "请换一个登录名。")
    return found


def check_password(password: str, name: str) -> str:
    """The password unchanged. Raises Refused (`password_weak`): too short, or it is the name."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD or password.strip().lower() == name:
        raise Refused.field("password", "password_weak", "密码至少10个字，且不能与登录名相同。", "请换一个密码。")
    return password


def check_scope(role: Role, level: str) -> None:
    """Raise Refused (`scope_level`) when an account of this role may not stand at a branch of this level."""
    if level not in LEVELS[role]:
        raise Refused.field("branch", "scope_level", "这个角色不能设在这一级。", "请选择合适级别的支部。")

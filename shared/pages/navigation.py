"""The menu: which address stands there for whom. Data; whether the account may open it is decided where it leads.

It holds addresses of the one front, no names of code: a service that is down keeps its place in the menu.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.access import Principal, Role

EVERYBODY = frozenset(Role)
OFFICE = frozenset({Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Link:
    """One entry: Chinese text (translated when shown), address, and the roles that see it."""

    text: str
    href: str
    roles: frozenset[Role] = EVERYBODY


@dataclass(frozen=True, slots=True)
class Doors:
    """Addresses the layout itself needs. Signing out is a POST with the CSRF token."""

    home: str = "/"
    sign_in: str = "/sign-in"
    sign_out: str = "/sign-out"
    keep: str = "/session"
    """Asked by an open page every four minutes, so that what is typed in it can still be sent: a token lives five."""


def links_for(links: Iterable[Link], who: Principal | None) -> list[Link]:
    """What this account sees in the menu, in the order given; nothing before signing in."""
    return [link for link in links if who is not None and who.role in link.roles]


def current(links: Sequence[Link], path: str) -> str:
    """The address of the entry this page belongs to: the longest that the path starts with, or none."""
    fitting = [link.href for link in links if path == link.href or path.startswith(link.href.rstrip("/") + "/")]
    return max((href for href in fitting if href != "/" or path == "/"), key=len, default="")


MENU = (
    Link("首页", "/", frozenset({Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR, Role.LIAISON})),
    Link("我的一天", "/pages/scheduler/day", frozenset({Role.VOLUNTEER})),
    Link("服务对象", "/pages/registry/people", OFFICE),
    Link("志愿者", "/pages/registry/volunteers", OFFICE),
    Link("结对", "/pages/registry/pairings", OFFICE),
    Link("走访", "/pages/scheduler/visits", OFFICE),
    Link("消息", "/pages/notifier/messages", OFFICE),
    Link("名册导入", "/pages/registry/rosters", OFFICE),
    Link("关注事项", "/pages/audit/concerns", OFFICE | {Role.INSPECTOR}),
    Link("督查", "/pages/audit/inspections", frozenset({Role.ADMINISTRATOR, Role.INSPECTOR})),
    Link("督查反馈", "/pages/audit/findings", frozenset({Role.CLERK, Role.SUPERVISOR})),
    Link("审计日志", "/pages/audit/log", frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.INSPECTOR})),
    Link("值班", "/duty", frozenset({Role.ADMINISTRATOR})),
)
"""The county's menu, the same on all services' pages."""
DEMO_MENU = (*MENU, Link("家属手机", "/demo/handsets"))
"""With the families' handsets, which only a demo has."""

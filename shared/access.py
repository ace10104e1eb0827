"""Who asks, and how far they may see (docs/domain.md, "Who uses it").

The one place that turns a branch into the bound of a query.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from shared.errors import NotFound


class Role(StrEnum):
    """The roles of docs/domain.md. A family has no account."""

    CLERK = "clerk"
    VOLUNTEER = "volunteer"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    INSPECTOR = "inspector"
    LIAISON = "liaison"


@dataclass(frozen=True, slots=True)
class Principal:
    """An account as its token tells it. `branch` is the path below which it sees; `person` is set for volunteers.

    `rights` is the rights revision the token was made with: an older one than known is refused.
    """

    account: str
    role: Role
    branch: str
    rights: int
    person: str = ""
    session: str = ""

    def sees(self, branch: str) -> bool:
        """Whether a thing of this branch lies in this account's scope."""
        return branch == self.branch or branch.startswith(self.branch + "/")

    def narrowed(self, branch: str) -> "Principal":
        """The same account as if its scope were this branch path; itself for none. Raises NotFound for one outside it."""
        if branch and not self.sees(branch):
            raise NotFound("no such branch, or not yours to see")
        return replace(self, branch=branch) if branch else self

    def scope(self) -> dict[str, Any]:
        """The filter every query of branch-bound things carries: this branch and all below it."""
        return within(self.branch)


def within(branch: str) -> dict[str, Any]:
    """Things of this branch or below. One index range, no pattern: `/` sorts just before `0`."""
    return {"branch": {"$gte": branch, "$lt": branch + "0"}}

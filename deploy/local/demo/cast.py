"""Who takes part in the demo: one user of each role, and a phone for each volunteer. Names and passwords are invented."""

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from deploy.local.demo.front import Front
from deploy.local.demo.player import Visitor

TOWNSHIP = "文港镇"
VILLAGE = "前途村"


@dataclass(frozen=True)
class User:
    """A sign-in that is printed at the end."""

    role: str
    name: str
    password: str
    what: str


def password() -> str:
    """A fresh one that can be typed."""
    return secrets.token_urlsafe(9)


def add_user(admin: Front, role: str, name: str, what: str, branch: str, person: str = "") -> User:
    """Have the administrator make an account."""
    user = User(role, name, password(), what)
    body: dict[str, Any] = {"name": name, "password": user.password, "role": role, "branch": branch.rsplit("/", 1)[-1]}
    admin.post("/api/v1/accounts", {**body, **({"person": person} if person else {})})
    return user


def signed_in(url: str, user: User) -> Front:
    """A front on which this user is signed in."""
    front = Front(url)
    front.sign_in(user.name, user.password)
    return front


def branch_named(front: Front, name: str, parent: str = "") -> dict[str, Any]:
    """The branch of this name below a parent."""
    query = {"parent": parent} if parent else {}
    for branch in front.pages("/api/v1/branches", **query):
        if branch["name"].startswith(name):
            return branch
    raise LookupError(f"no branch {name}")


def give_phones(url: str, admin: User, volunteers: Sequence[dict[str, Any]]) -> list[tuple[User, Visitor]]:
    """An account for each volunteer, signed in on a phone of their own. Two at a time: hashing a password takes a while."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        fronts = [signed_in(url, admin) for _ in range(2)]
        shares = [pool.submit(_phones, url, front, volunteers[start::2]) for start, front in enumerate(fronts)]
        pairs = [pair for share in shares for pair in share.result()]
    return sorted(pairs, key=lambda pair: pair[1].number)


def _phones(url: str, admin: Front, volunteers: Sequence[dict[str, Any]]) -> list[tuple[User, Visitor]]:
    pairs = []
    for volunteer in volunteers:
        name = f"v{volunteer['number'].rsplit('-', 1)[-1]}"
        user = add_user(admin, "volunteer", name, "志愿者", volunteer["branch"], volunteer["person"])
        pairs.append((user, Visitor(volunteer["id"], volunteer["number"], signed_in(url, user))))
    return pairs


def homes_of(clerk: Front) -> dict[str, list[str]]:
    """Phone numbers of those at home, by household: what the families' handsets need to know to answer truly."""
    ids = [household["id"] for household in clerk.pages("/api/v1/households")]
    return {household: _numbers_at_home(clerk.get(f"/api/v1/households/{household}").body) for household in ids}


def _numbers_at_home(detail: dict[str, Any]) -> list[str]:
    people = [*detail["members"], *(r for r in detail["relatives"] if r["presence"] == "home")]
    return sorted({number for person in people for number in person["phones"]})

"""The draw itself: from a secret and a root to a sample, the same for everybody who computes it. Pure; a few hashes.

Neither side can steer: the inspector commits to the secret before the root can be known, the operator makes the root without
knowing the secret. Both together could, and docs/threats.md says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from services.audit.inspections.population import Member
from services.audit.inspections.rule import RULE

SECRET_BYTES = 16
"""128 bits made by chance: what is shorter, or a sentence somebody thought of, could be found from its SHA-256."""


@dataclass(frozen=True, slots=True)
class Share:
    """Of a stratum's members how many were drawn."""

    stratum: str
    members: int
    drawn: int


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn, stratum by stratum in the rule's order, each by rank; and of how many."""

    drawn: tuple[Member, ...]
    shares: tuple[Share, ...]
    population: int
    digest: str
    """SHA-256 of the population: of the lines `stratum id`, by id. Two who agree on it drew from the same."""


def commitment(secret: bytes) -> str:
    """What the inspector tells at the opening: SHA-256 of the secret, in hex."""
    return sha256(secret).hexdigest()


def seed_of(secret: bytes, root: bytes) -> bytes:
    """SHA-256 of the secret followed by the root."""
    return sha256(secret + root).digest()


def rank(seed: bytes, member: Member) -> bytes:
    """Where a member stands in its stratum: the smallest are drawn. Its own id alone decides beside the seed."""
    return sha256(seed + member.stratum.encode() + b"\0" + member.id.encode()).digest()


def draw(seed: bytes, members: Sequence[Member]) -> Sample:
    """The sample. Within a stratum each member is as likely as any other."""
    drawn: list[Member] = []
    shares: list[Share] = []
    for stratum in RULE:
        mine = sorted((each for each in members if each.stratum == stratum.name), key=lambda each: rank(seed, each))
        some = mine[: stratum.quota(len(mine))]
        drawn += some
        shares.append(Share(stratum.name, len(mine), len(some)))
    return Sample(tuple(drawn), tuple(shares), len(members), digest_of(members))


def digest_of(members: Iterable[Member]) -> str:
    """The population's hash, in hex."""
    lines = sorted((member.id, member.stratum) for member in members)
    return sha256("".join(f"{stratum} {id}\n" for id, stratum in lines).encode()).hexdigest()

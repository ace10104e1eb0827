"""Whom the inspector trusts: the log's keys, and the witnesses whose word is asked for beside it. All from elsewhere.

A key that comes with the bundle proves only that the bundle agrees with itself; so nothing here is ever read from one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.audit.model.checkpoint import Checkpoint
from services.audit.model.cosignature import parse_cosigner
from services.audit.model.policy import NONE, LogKey, Policy, Seen, parse_log_key, parse_policy, policy_of
from services.audit.model.wrong import Wrong


@dataclass(frozen=True)
class Trust:
    """Keys of the log (any of them may have signed: old and new while a key is changed), and a policy for witnesses."""

    logs: tuple[LogKey, ...]
    policy: Policy

    @property
    def keys(self) -> tuple[str, ...]:
        """Every accepted key of a log, as text."""
        return tuple(str(key) for key in (*self.logs, *(log.key for log in self.policy.logs)))

    def signed(self, note: bytes) -> tuple[Checkpoint, tuple[Seen, ...]]:
        """The checkpoint, and the known witnesses that cosigned it, few or many. Raises Wrong unless a log's key signed."""
        checked = replace(self.policy, quorum=NONE).check(note, self.logs)
        return checked.checkpoint, checked.seen

    def witnessed(self, note: bytes) -> None:
        """Raises Wrong when fewer witnesses cosigned than the policy asks for."""
        self.policy.check(note, self.logs)


def trust(keys: Sequence[str], witnesses: Sequence[str] = (), least: int | None = None, policy: bytes | None = None) -> Trust:
    """From verifier keys as text. `least` of the witnesses must have cosigned; all, unless said. Raises Wrong.

    A policy file (c2sp.org/tlog-policy) takes the place of witnesses and may bring keys of logs.
    """
    if policy is not None and (witnesses or least is not None):
        raise Wrong("policy", "a policy file, or witnesses, not both")
    rule = parse_policy(policy) if policy is not None else policy_of([parse_cosigner(each) for each in witnesses], least)
    found = Trust(tuple(parse_log_key(key) for key in keys), rule)
    if not found.keys:
        raise Wrong("no_log_key")
    return found

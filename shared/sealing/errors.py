"""What sealing raises. Erased, lost and unreadable are three answers and are never taken for one another.

No text here holds a person's data; the ids are the random ones that stand open in every event anyway.
"""

from shared.errors import Busy, NotFound, SpringrainError


class Erased(NotFound):
    """The person's key was destroyed on purpose. Outside it looks like a thing that is not there."""

    code = "erased"

    def __init__(self, person: str) -> None:
        super().__init__(f"{person} was erased")
        self.person = person


class KeyLost(Busy):
    """Neither key nor tombstone: an alarm. What needs the key waits; it is never taken for erased."""

    code = "key_lost"

    def __init__(self, person: str) -> None:
        super().__init__(f"no key and no tombstone for {person}", retry_after=60)
        self.person = person


class UnreadableSuite(SpringrainError):
    """Sealed by a suite this program does not know. It cannot be read here, which says nothing about erasure."""

    code = "unreadable_suite"

    def __init__(self, suite: int) -> None:
        super().__init__(f"suite {suite} cannot be read here")
        self.suite = suite


class SealBroken(SpringrainError):
    """Not a sealed value, or one of another place, key or text than it claims: somebody or something changed it."""

    code = "seal_broken"

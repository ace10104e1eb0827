"""Passwords as argon2id hashes (OWASP: 19 MiB, two passes, one lane): about 30 ms each, at most two at a time, so that
eight sign-ins at once neither take the memory of the small server nor all of its time.
"""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

NO_PASSWORD = "!"
"""Stands where a hash would: no password fits it, until an administrator gives a new one."""


class Passwords:
    """Makes and checks hashes. Thread-safe: the hasher holds no state, and the gate bounds what runs at once."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._gate = threading.BoundedSemaphore(2)
        self._nobodys = self._hasher.hash("nobody's password")

    def hash(self, password: str) -> str:
        """The hash to store."""
        with self._gate:
            return self._hasher.hash(password)

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one. For nobody (None) it takes as long, so that names cannot be found by time."""
        with self._gate:
            try:
                self._hasher.verify(stored or self._nobodys, password)
            except (VerifyMismatchError, InvalidHashError):
                return False
        return stored is not None

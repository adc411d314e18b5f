"""Passwords by argon2id. OWASP's second set: 19 MiB, two passes, one lane.

More memory would be better and is not there: a solo shop's Pi has 512 MB for everything, and each guess that it
checks takes this much. Two at a time, whoever else signs in waits; guessing is locked long before that matters.
"""

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE: Final = 2


class Passwords:
    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        # Checked when there is no such account, so that both answers take the same time.
        self._nobody = self._argon2.hash("nobody")

    def hash(self, password: str) -> str:
        with self._turns:
            return self._argon2.hash(password)

    def right(self, password: str, password_hash: str) -> bool:
        """An empty `password_hash` takes as long as any other, and is never right."""
        with self._turns:
            try:
                self._argon2.verify(password_hash or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return bool(password_hash)

    def outdated(self, password_hash: str) -> bool:
        """Whether it was made with other costs than today's."""
        return self._argon2.check_needs_rehash(password_hash)

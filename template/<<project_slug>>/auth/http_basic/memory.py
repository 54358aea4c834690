"""Passwords that matched a stored hash a moment ago, so that a hash is not computed for each request.

Invariant: an entry says "this password made this stored hash" and nothing else. The stored hash and the account are
looked up at every request, so a changed password or a disabled account misses by itself, on every worker.
"""

import hmac
import secrets

from ...clock import now


class PasswordMemory:
    """At most `size` matches for `seconds` each; the oldest goes first."""

    def __init__(self, seconds: float, *, size: int = 10_000) -> None:
        self._seconds = seconds
        self._size = size
        # Of this process and never written down: without it an entry cannot even be guessed at.
        self._key = secrets.token_bytes(32)
        self._ends: dict[bytes, float] = {}

    def tag(self, *words: str) -> bytes:
        """Return an HMAC over the words. Their lengths are part of it: `ab c` is not `a bc`."""
        message = b"".join(len(word.encode()).to_bytes(4, "big") + word.encode() for word in words)
        return hmac.digest(self._key, message, "sha256")

    def knows(self, tag: bytes) -> bool:
        """Tell whether the match was remembered and is not too old."""
        return self._ends.get(tag, 0) > now().timestamp()

    def remember(self, tag: bytes) -> None:
        """Keep a match."""
        moment = now().timestamp()
        self._ends = {each: end for each, end in self._ends.items() if end > moment and each != tag}
        if len(self._ends) >= self._size:
            del self._ends[next(iter(self._ends))]
        self._ends[tag] = moment + self._seconds

"""Passwords that matched a stored hash a moment ago, so that a hash is not computed for each request.

Invariant: an entry says "from this network, this password matched this stored hash" and nothing else. The stored hash
and the account are looked up at every request, so a changed password or a disabled account is a miss on every
worker. An entry does not count for other networks: guesses from there would be answered without meeting a limit.
"""

import hmac
import secrets

from ...clock import now

Asker = tuple[str, str]
"""A client's network, and the account's canonical e-mail address."""


class PasswordMemory:
    """At most `size` matches, one per requester, for `seconds` each; the oldest is dropped first."""

    def __init__(self, seconds: float, *, size: int = 10_000) -> None:
        self._seconds = seconds
        self._size = size
        # In this process only, never stored: without it, entries cannot be attacked by guessing.
        self._key = secrets.token_bytes(32)
        self._matches: dict[Asker, tuple[bytes, float]] = {}

    def tag(self, *words: str) -> bytes:
        """Return an HMAC over the words, quoted: `ab c` is not `a bc`."""
        return hmac.digest(self._key, repr(words).encode(), "sha256")

    def knows(self, asker: Asker, tag: bytes) -> bool:
        """Tell whether the match is remembered and not too old."""
        known, end = self._matches.get(asker, (b"", 0.0))
        left = end - now().timestamp()
        return 0 < left <= self._seconds and hmac.compare_digest(known, tag)  # more is left if the clock was set back

    def remember(self, asker: Asker, tag: bytes) -> None:
        """Keep a match, replacing an earlier one."""
        self.forget(asker)  # the newest is the last
        if len(self._matches) >= self._size:
            del self._matches[next(iter(self._matches))]
        self._matches[asker] = (tag, now().timestamp() + self._seconds)

    def forget(self, asker: Asker) -> None:
        """Drop the requester's match."""
        self._matches.pop(asker, None)

"""Verified signatures, remembered.

A valid signature stays valid: keys change by restart only. What is kept is the outcome of pure computation on the
token's bytes. Invariant: nothing that depends on time, the session or the account is ever remembered here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ...digests import digest

Claims = Mapping[str, Any]


class SignatureMemory:
    """At most `size` verified tokens by SHA-256 digest; the oldest is dropped first. Refused tokens are not kept."""

    def __init__(self, verify: Callable[[str], Claims], *, size: int = 10_000) -> None:
        self._verify = verify
        self._size = size
        self._claims: dict[bytes, Claims] = {}

    def claims_of(self, token: str) -> Claims:
        """Return the token's claims. Raises what `verify` raises."""
        # By digest: the memory of a process must not be a store of usable tokens.
        key = digest(token)
        claims = self._claims.get(key)
        if claims is None:
            claims = self._verify(token)
            if len(self._claims) >= self._size:
                del self._claims[next(iter(self._claims))]
            self._claims[key] = claims
        return claims

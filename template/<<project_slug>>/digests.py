"""What is stored in place of a secret, or of an address that nobody need read."""

import hashlib


def digest(text: str) -> bytes:
    """Return 32 bytes, of type `db.Digest` in a table. A fast hash is enough for 256 random bits (ASVS 6.5.2)."""
    return hashlib.sha256(text.encode()).digest()

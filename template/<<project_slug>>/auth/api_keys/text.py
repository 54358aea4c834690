"""The text of a key: `<brand>_<id>_<secret><checksum>`.

Lower-case base32 throughout: safe in headers, URLs and patterns, selected by one double click, and without capitals
no database's collation can confuse two keys (AK-9).
"""

import re
import zlib
from base64 import b32encode
from secrets import token_bytes

CHECKSUM_LENGTH = 7
"""Characters of a CRC-32. It keeps typos and garbage away from the database; it proves nothing."""

# Any brand: changing it in the settings must not invalidate existing keys.
_KEY = re.compile(r"[a-z0-9]{2,10}_([a-z2-7]{16})_[a-z2-7]{52}[a-z2-7]{7}")


def new_key(brand: str) -> tuple[str, str]:
    """Return the id, 80 random bits, and the text of a new key, whose secret has 256 (AK-1, ASVS 11.5.1)."""
    id_ = _base32(token_bytes(10))
    text = f"{brand}_{id_}_{_base32(token_bytes(32))}"
    return id_, text + _checksum(text)


def id_of(text: str) -> str | None:
    """Return the id in a key's text; None for what cannot be a key."""
    found = _KEY.fullmatch(text)
    is_whole = _checksum(text[:-CHECKSUM_LENGTH]) == text[-CHECKSUM_LENGTH:]
    return found[1] if found and is_whole else None


def _checksum(text: str) -> str:
    return _base32(zlib.crc32(text.encode()).to_bytes(4))


def _base32(data: bytes) -> str:
    return b32encode(data).decode().rstrip("=").lower()

"""The challenges of a 401, one per installed method, taken apart (RFC 9110, section 11.6.1)."""

import re

from httpx2 import Response

_BEARER = re.compile(r'Bearer [a-z_]+="[^"]*"(?:, [a-z_]+="[^"]*")*')


def bearer_challenge(answer: Response) -> str:
    """Return the Bearer challenge of an answer, or nothing where there is none."""
    found = _BEARER.search(answer.headers.get("www-authenticate", ""))
    return found[0] if found else ""

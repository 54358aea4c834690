"""Has this password been seen in a breach? Asks a range API, which never learns the password (ASVS 6.2.12).

Any service that speaks the "Pwned Passwords" range protocol will do: `GET <url>/<first 5 hex digits of the SHA-1>`
returns one `<other 35 digits>:<count>` per line. The URL is a setting; without one, no service is asked.

It fails open: without a response the password is accepted, so an outage of the service stops nobody from changing one.
The list in `policy` has been checked before. The caller logs `None` as an event: an attacker might have caused it.
"""

import asyncio
import hashlib
import re

import httpx2

from ... import outgoing

TOTAL_SECONDS = 5.0

_PREFIX = 5  # hex digits: all that leaves this process, shared by some 2,000 known passwords

_LINE = re.compile(r"([0-9A-F]{35}):([0-9]{1,12})")

# Padded with made-up lines: otherwise the length of the encrypted response tells an eavesdropper the prefix.
_HEADERS = {"Add-Padding": "true"}


async def is_breached(password: str, *, url: str) -> bool | None:
    """Whether the service at `url` knows `password`; None when it could not tell within `TOTAL_SECONDS`.

    `url` may end in a slash. Only errors of the network and in the response become None.
    """
    digest = _sha1(password)
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            answer = await _fetch(f"{url.rstrip('/')}/{digest[:_PREFIX]}")
        return _contains(answer, digest[_PREFIX:])
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, ValueError):
        return None


def _sha1(password: str) -> str:
    """SHA-1 because the protocol uses it; nothing here depends on its strength."""
    return hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest().upper()


async def _fetch(url: str) -> str:
    """The body of a 200 response. Raises `ValueError` for any other, or one that is too long."""
    response, body = await outgoing.fetch("GET", url, headers=_HEADERS)
    if response.status_code != httpx2.codes.OK:
        raise ValueError("not an answer")
    return body.decode("ascii")


def _contains(answer: str, suffix: str) -> bool:
    """Whether `suffix` is listed. Raises `ValueError` if a line breaks the protocol: a login page is no "not found"."""
    lines = [_LINE.fullmatch(line) for line in answer.upper().split()]
    if not lines or not all(lines):
        raise ValueError("not a range")
    # A count of 0 marks padding.
    return any(line[1] == suffix and int(line[2]) > 0 for line in lines if line)

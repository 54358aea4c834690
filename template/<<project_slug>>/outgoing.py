"""Calls to other services: limited in time and size, only to the host that was named (ASVS 13.2.6, 15.3.2)."""

import asyncio
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx2

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
MAXIMUM_ANSWER = 1 << 20
"""Bytes."""


async def fetch(verb: str, url: str, *, headers: Mapping[str, str], **rest: Any) -> tuple[httpx2.Response, bytes]:
    """Return a response and its body. Raises httpx2's errors, and ValueError for a body over MAXIMUM_ANSWER."""
    timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    # Uncompressed: otherwise a kilobyte from a hostile server unpacks to more than the cap before it can be counted.
    headers = {**headers, "Accept-Encoding": "identity"}
    try:
        # No redirects: only the configured host may learn our secrets and be believed (ASVS 15.3.2).
        client = httpx2.AsyncClient(verify=await asyncio.to_thread(_tls), timeout=timeout, follow_redirects=False)
    except (ImportError, OSError) as error:  # a proxy or certificates that a variable of the system names
        raise httpx2.ConnectError(str(error)) from error
    async with client, client.stream(verb, url, headers=headers, **rest) as response:
        return response, await _read(response)


async def _read(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAXIMUM_ANSWER:
            raise ValueError("answer too long")
    return bytes(body)


@cache
def _tls() -> ssl.SSLContext:
    """Made once, and in a thread: reading the certificates takes some 50 ms, which would block every request."""
    return httpx2.create_ssl_context()

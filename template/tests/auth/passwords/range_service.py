"""A service that knows leaked passwords, for tests."""

import asyncio
from contextlib import closing, suppress
from dataclasses import dataclass, field
from hashlib import sha1


def digest_of(password: str) -> str:
    """Return the digest of which the service is asked for the first five digits, and lists the rest."""
    return sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def http(body: str, status: str = "200 OK") -> bytes:
    """Return a response of HTTP."""
    return f"HTTP/1.1 {status}\r\nLocation: /elsewhere\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode("latin-1")


@dataclass
class RangeService:
    """Gives the same answer to everybody."""

    answer: bytes = b""
    delay: float = 0
    url: str = ""
    asked: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, unless the client gives up first."""
        with closing(writer), suppress(asyncio.IncompleteReadError):
            self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(), self.delay)
            writer.write(self.answer)

"""Keeps this project from flooding a mailbox, and strangers from using up what its owner may request."""

from ..db import Database
from ..limits import service as limits


async def hit(database: Database, kind: str, key: str) -> None:
    """Count a mail that anybody may trigger, by requester and in total. Raises TooManyRequests beyond either limit.

    Each `kind` has its own count, so that nobody can block a reset by signing up with the address.
    """
    await limits.hit(database, "mail_account", kind, key, limits.client_network())
    await limits.hit(database, "mailbox", kind, key)

"""What keeps this project from flooding a mailbox, and one stranger from using up what its owner may ask for."""

from ..db import Database
from ..limits import service as limits


async def hit(database: Database, kind: str, key: str) -> None:
    """Count a mail that anybody may cause, by its asker and from anywhere. Raises TooManyRequests beyond either limit.

    `kind` counts by itself, so that nobody can block a reset by signing the address up.
    """
    await limits.hit(database, "mail_account", kind, key, limits.client_network())
    await limits.hit(database, "mailbox", kind, key)

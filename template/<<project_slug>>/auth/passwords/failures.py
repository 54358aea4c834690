"""Failed logins in a row, per account, from all clients together (NIST 800-63B-4, 3.2.2).

Always in the database, even if the other limits are not: each counter stays for a month and anybody can create one for
any address, so in memory they would push out what every login needs.
"""

import logging

from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from ...db import Database
from ...digests import digest
from ...limits import store
from ...limits.models import RateLimit
from ...limits.settings import limit_called

log = logging.getLogger(__name__)


async def count(database: Database, email_key: str) -> int:
    """Count a failure, opening a window unless one is running; return how many there are now."""
    return await store.count(database, _name(email_key), limit_called("login_failures").get_expiry())


async def so_far(database: Database, email_key: str) -> int:
    """Return how many there are in the running window."""
    failed, _ = await store.read(database, _name(email_key))
    return failed


async def forget(database: Database, email_key: str) -> None:
    """Reset the count after what is committed. So a failure is only logged: the client must be told of its success."""
    try:
        async with database.committing() as connection:
            await connection.execute(delete(RateLimit).where(RateLimit.key == digest(_name(email_key))))
    except SQLAlchemyError as error:
        log.warning("failures_not_forgotten", extra={"error": type(error).__name__})


def _name(email_key: str) -> str:
    return limit_called("login_failures").key_for("login_failures", email_key)

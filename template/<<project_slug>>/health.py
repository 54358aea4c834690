"""Whether the process is alive, and whether it can serve. For probes; reveals nothing else."""

from fastapi import APIRouter
from sqlalchemy import Table, select, text

from .auth.dependencies import PUBLIC
from .db import Base, Database, Db
from .limits import service as limits

router = APIRouter(prefix="/health", tags=["health"], dependencies=[PUBLIC])


@router.get("/live")
async def live() -> dict[str, str]:
    """Answer while the event loop runs."""
    return {"status": "ok"}


@router.get("/ready")
async def ready(database: Db) -> dict[str, str]:
    """Answer 200 when the database, migrated for this code, and the store of the limits respond, otherwise 503."""
    # Given back before the next check needs one: a few probes that each hold one and wait for another would hold up
    # every caller (ASVS 15.4.4).
    async with database.reading() as db:
        await db.execute(text("SELECT 1"))
        # A replica that lacks a migration must not replace one that works. Nor does one that may not read a table.
        unseen = database.part(_unseen)
        for table in list(unseen):
            await db.execute(select(table).limit(0))
            unseen.discard(table)
    await limits.check(database)
    return {"status": "ok"}


def _unseen(_: Database) -> set[Table]:
    """Tables that have not been found yet as this code has them."""
    return set(Base.metadata.tables.values())

"""Whether the process is alive, and whether it can serve. For probes; reveals nothing else."""

from fastapi import APIRouter
from sqlalchemy import text

from .auth.dependencies import PUBLIC
from .db import Db, Reading
from .limits import service as limits

router = APIRouter(prefix="/health", tags=["health"], dependencies=[PUBLIC])


@router.get("/live")
async def live() -> dict[str, str]:
    """Answer while the event loop runs."""
    return {"status": "ok"}


@router.get("/ready")
async def ready(db: Reading, database: Db) -> dict[str, str]:
    """Answer 200 when the database and the store of the limits respond, otherwise 503."""
    await db.execute(text("SELECT 1"))
    await limits.check(database)
    return {"status": "ok"}

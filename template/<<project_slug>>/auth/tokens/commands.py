"""Sessions from the command line."""

import asyncio
from typing import Annotated

import typer
from sqlalchemy import delete, select

from ...audit import service as audit
from ...audit.events import Event
from ...cli import opened_database
from ...users.email import canonical
from ...users.models import User
from . import service
from .models import Session

NAME = "sessions"
app = typer.Typer(help="End sessions.")


@app.command()
def end(
    email: Annotated[str, typer.Argument(help="Whose sessions; leave out with --all.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="Everybody's sessions.")] = False,
) -> None:
    """Log an account, or everybody, out everywhere; felt by the next request (ASVS 7.4.5)."""
    if bool(email) == everybody:
        raise SystemExit("Name one account, or say --all.")
    asyncio.run(_end(email))


async def _end(email: str) -> None:
    async with opened_database() as database, database.transaction() as db:
        if not email:
            await db.execute(delete(Session))
            audit.record(db, Event.TOKEN_REVOKED, None, sessions="everybody's")
            return
        user = await db.scalar(select(User).where(User.email_key == canonical(email)))
        if user is None:
            raise SystemExit(f"{email} has no account.")
        await service.end_sessions(db, user.id)

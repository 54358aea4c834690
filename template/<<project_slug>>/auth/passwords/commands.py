"""Passwords from the command line."""

import asyncio

import typer
from sqlalchemy import select

from ...audit import service as audit
from ...audit.events import Event
from ...cli import opened_database
from ...users.email import canonical
from ...users.models import User
from .service import create_reset

app = typer.Typer(help="Let somebody choose a password.")


@app.command()
def link(email: str) -> None:
    """Print a code that sets the account's password, once, within half an hour: POST /auth/reset-password.

    Nobody else ever knows the password, not even for a moment (ASVS 6.4.1, 6.4.6).
    """
    typer.echo(asyncio.run(_link(email)))


async def _link(email: str) -> str:
    async with opened_database() as database, database.transaction() as db:
        user = await db.scalar(select(User).where(User.email_key == canonical(email)))
        if user is None:
            raise SystemExit(f"{email} has no account.")
        audit.record(db, Event.RESET_CODE_CREATED, user.id, by="operator")
        return await create_reset(db, user)

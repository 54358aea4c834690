"""Passwords from the command line."""

import asyncio
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from ...audit import service as audit
from ...audit.events import Event
from ...cli import opened_database
from ...db import Database
from ...users.commands import Named
from ...users.models import User
from ...users.service import named
from .service import create_reset, lock_out

app = typer.Typer(help="Let somebody choose a password.")


@app.command()
def link(
    name: Named,
    lock: Annotated[bool, typer.Option(help="Remove the password, other logins and all access first.")] = False,
) -> None:
    """Print a code that sets the account's password, once, within RESET_MINUTES: POST /auth/reset-password.

    Nobody else ever knows the password, not even for a moment (ASVS 6.4.1, 6.4.6). Lock an account that somebody else
    can log in to: they could void the code by changing the password.
    """
    typer.echo(asyncio.run(_link(name, lock=lock)))


async def _link(name: str, *, lock: bool) -> str:
    async with opened_database() as database:
        if lock:
            await _lock(database, name)
        async with database.transaction() as db:
            user = await _owner(db, name)
            audit.record(db, Event.RESET_CODE_CREATED, user.id)
            return await create_reset(db, user, printed=True)


async def _lock(database: Database, name: str) -> None:
    # By itself: while the store of the codes is down, a thief must not stay logged in.
    async with database.transaction() as db:
        user = await _owner(db, name)
        audit.record(db, Event.PASSWORD_CHANGED, user.id, locked=True)
        await lock_out(db, user)
    typer.echo(f"{name} is locked until this code or a mailed one is used.", err=True)


async def _owner(db: AsyncSession, name: str) -> User:
    user = await named(db, name)
    if user is None or not user.is_active or user.email is None:
        # Using the code would remove every other login, and nobody can log in with a password alone.
        raise SystemExit(f"{name} has no active account with an e-mail address.")
    return user

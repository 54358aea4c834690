"""Passwords from the command line."""

from typing import Annotated
from uuid import UUID

import typer

from ...audit import service as audit
from ...audit.events import Event
from ...cli import asynchronous, opened_database
from ...db import Database
from ...users.commands import Named, accepted, account_called, id_of, set_email
from .login import masked
from .service import create_reset, lock_out

app = typer.Typer(help="Let somebody choose a password.")


@app.command()
@asynchronous
async def link(
    name: Named,
    lock: Annotated[bool, typer.Option(help="Remove the password, other logins and all access first.")] = False,
    email: Annotated[str | None, typer.Option(help="With --lock: its owner's address, if changed by a thief.")] = None,
) -> None:
    """Print a code that sets the account's password, once, within RESET_MINUTES: POST /auth/reset-password.

    Nobody else ever knows the password, not even for a moment (ASVS 6.4.1, 6.4.6). Lock an account that somebody else
    can log in to: they could void the code by changing the password.
    """
    if email is not None and not lock:
        raise SystemExit("--email needs --lock: whoever can log in could change it again.")
    address = None if email is None else accepted(email)
    async with opened_database() as database:
        async with database.reading() as db:
            user_id = await id_of(db, name)
        if lock:
            await _lock(database, user_id)
            typer.echo(f"{user_id} is locked until a code for it is used.", err=True)
        if address:
            await _move(database, user_id, address)
        async with database.transaction() as db:
            user = await account_called(db, str(user_id))
            if not user.is_active or user.email is None:
                # Using the code would remove every other login, and nobody can log in with a password alone.
                raise SystemExit(f"There is no code for {name}: the account is disabled, or has no e-mail address.")
            audit.record(db, Event.RESET_CODE_CREATED, user.id)
            code = await create_reset(db, user, printed=True)
    typer.echo(code)


async def _move(database: Database, user_id: UUID, email: str) -> None:
    async with database.transaction() as db:
        user = await account_called(db, str(user_id))
        audit.record(db, Event.EMAIL_CHANGED, user.id, was=masked(user.email or ""))
        await set_email(db, user, email)


async def _lock(database: Database, user_id: UUID) -> None:
    # By itself: if the store of the codes is down, or the address another account's, a thief must not stay logged in.
    async with database.transaction() as db:
        user = await account_called(db, str(user_id))
        audit.record(db, Event.PASSWORD_CHANGED, user.id, locked=True)
        await lock_out(db, user)

"""Accounts from the command line."""

from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ..audit import service as audit
from ..audit.events import Event
from ..auth.scopes import Role
from ..cli import asynchronous, import_app, opened_database
from . import service
from .email import canonical, checked
from .models import User

app = typer.Typer(help="Create, list, show, enable, disable and delete accounts, and grant roles.")
_LINE = TypeAdapter(dict[str, Any])


@app.command()
@asynchronous
async def create(email: str, admin: Annotated[bool, typer.Option(help="Give all powers.")] = False) -> None:
    """Create an account for an address that you vouch for. It has no credential yet."""
    email, roles = accepted(email), frozenset({Role.ADMIN, Role.USER} if admin else {Role.USER})
    async with opened_database() as database, database.transaction() as db:
        await set_email(db, user := User(roles=roles), email)
        audit.record(db, Event.REGISTERED, user.id, roles=sorted(roles))
    typer.echo(f"Created {email}.")


def accepted(email: str) -> str:
    """Return an address that was typed, as it will be stored; end the command if it is not one."""
    try:
        return checked(email)
    except ValueError:
        raise SystemExit(f"{email} is not an e-mail address.") from None


Named = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its e-mail address, or its id.")]


@app.command()
@asynchronous
async def disable(name: Named) -> None:
    """Disable an account and end all its access; takes effect on its next request."""
    await _set_active(name, is_active=False)
    typer.echo(f"Disabled {name}.")


@app.command()
@asynchronous
async def enable(name: Named) -> None:
    """Enable an account again. Access that was ended stays ended."""
    await _set_active(name, is_active=True)
    typer.echo(f"Enabled {name}.")


async def _set_active(name: str, *, is_active: bool) -> None:
    async with opened_database() as database, database.transaction() as db:
        await service.administer(db, await id_of(db, name), by=None, is_active=is_active)


async def id_of(db: AsyncSession, name: str) -> UUID:
    """Return the id of the account that the operator names; end the command if there is none."""
    return (await account_called(db, name)).id


async def account_called(db: AsyncSession, name: str) -> User:
    """Return the account that the operator names; end the command if there is none."""
    if user := await service.named(db, name):
        return user
    raise SystemExit(f"{name} has no account.")


@app.command()
@asynchronous
async def delete(name: Named, yes: Annotated[bool, typer.Option(help="Do not ask.")] = False) -> None:
    """Delete an account and everything it owns. There is no way back."""
    async with opened_database() as database:
        async with database.reading() as db:
            user = await account_called(db, name)
        if not yes:
            # Both names: one that was pasted says nothing about whom it is.
            typer.confirm(f"Delete {user.email or 'nobody'} ({user.id}) and everything it owns?", abort=True)
        async with database.transaction() as db:
            await service.delete_account(db, user.id)
    typer.echo(f"Deleted {name}.")


async def set_email(db: AsyncSession, user: User, email: str) -> None:
    """Store an address that the operator vouches for; end the command if another account has it."""
    user.email, user.email_key = email, canonical(email)
    db.add(user)
    try:
        await db.flush()
    except IntegrityError:
        raise SystemExit(f"{email} has an account already.") from None


@app.command("list")
@asynchronous
async def list_all() -> None:
    """List accounts: id, address, roles, and whether they are active."""
    async with opened_database() as database, database.reading() as db:
        # Columns: a million accounts as objects would take gigabytes.
        columns = select(User.id, User.email, User.roles, User.is_active)
        for user in await db.execute(columns.order_by(User.created_at)):
            state = "active" if user.is_active else "disabled"
            typer.echo(f"{user.id}\t{user.email or ''}\t{' '.join(sorted(user.roles))}\t{state}")


@app.command()
@asynchronous
async def show(name: Named) -> None:
    """Print each row that refers to an account, as a line of JSON, without secrets. Events in it may name others."""
    import_app()  # for your tables
    async with opened_database() as database, database.reading() as db:
        async for table, row in service.held_about(db, await id_of(db, name)):
            # Escaped: a title of theirs could turn around what the terminal shows.
            typer.echo(_LINE.dump_json({table: row}, ensure_ascii=True))


@app.command()
@asynchronous
async def grant(name: Named, role: Annotated[list[Role], typer.Argument(help="All its roles, `user` too.")]) -> None:
    """Replace an account's roles by these, which takes away all others.

    What it loses ends at its next request; what it gains does not widen what was issued before, for instance at login.
    What it gets back returns to what had it: first end whatever a thief may hold.
    """
    async with opened_database() as database, database.transaction() as db:
        await service.administer(db, await id_of(db, name), by=None, roles=set(role))
    typer.echo(f"{name} has these roles: {', '.join(sorted(set(role)))}.")

"""Accounts from the command line."""

import asyncio
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ..audit import service as audit
from ..audit.events import Event
from ..auth.scopes import Role
from ..cli import opened_database
from .email import canonical, checked
from .models import User

app = typer.Typer(help="Create and list accounts.")


@app.command()
def create(email: str, admin: Annotated[bool, typer.Option(help="Give all powers.")] = False) -> None:
    """Create an account for an address that you vouch for. It has no credential yet."""
    try:
        checked(email)
    except ValueError:
        raise SystemExit(f"{email} is not an e-mail address.") from None
    try:
        asyncio.run(_create(email, frozenset({Role.ADMIN, Role.USER} if admin else {Role.USER})))
    except IntegrityError:
        raise SystemExit(f"{email} has an account already.") from None
    typer.echo(f"Created {email}.")


async def _create(email: str, roles: frozenset[Role]) -> None:
    async with opened_database() as database, database.transaction() as db:
        user = User(email=email, email_key=canonical(email), roles=roles)
        db.add(user)
        await db.flush()
        audit.record(db, Event.REGISTERED, user.id, roles=sorted(roles))


@app.command("list")
def list_all() -> None:
    """List accounts: address, roles, whether they are active."""
    asyncio.run(_list())


async def _list() -> None:
    async with opened_database() as database, database.reading() as db:
        for user in await db.scalars(select(User).order_by(User.created_at)):
            state = "active" if user.is_active else "disabled"
            typer.echo(f"{user.email or user.id}\t{' '.join(sorted(user.roles))}\t{state}")

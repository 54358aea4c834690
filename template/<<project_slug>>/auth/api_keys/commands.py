"""API keys from the command line."""

from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ...cli import asynchronous, opened_database
from ...clock import now
from ...users.commands import Named
from ...users.models import User
from ...users.service import named
from ..scopes import Scope, scopes_of
from . import service
from .models import ApiKey
from .service import KeyRequest

app = typer.Typer(help="Make, list, rotate and revoke API keys.")


def _without_secret(key: str) -> str:
    # Also of a key that was not pasted whole.
    return key.split("_")[1] if "_" in key else key


KeyId = Annotated[str, typer.Argument(callback=_without_secret, help="Its id, or all of it.")]


@app.command()
@asynchronous
async def create(
    owner: Named,
    name: Annotated[str, typer.Option(help="What the key is for, in 100 characters.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; repeat it for more.")],
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="How long it lives.")] = None,
) -> None:
    """Make a key for an account and print it. It is shown only this once."""
    if not name.isprintable() or not 0 < len(name) <= 100:
        raise SystemExit("A name has 1 to 100 printable characters.")  # a line break could forge a line of the list
    requested = KeyRequest(name, frozenset(scope), timedelta(days=days) if days else None)
    async with opened_database() as database, database.transaction() as db:
        user = await _owner(db, owner)
        new = await service.create(db, user.id, requested, held=scopes_of(user.roles))
    typer.echo(new.text)


async def _owner(db: AsyncSession, name: str) -> User:
    user = await named(db, name)
    if user is None or not user.is_active:
        raise SystemExit(f"{name} has no active account.")
    return user


@app.command("list")
@asynchronous
async def list_all(owner: Named) -> None:
    """List an account's keys: id, name, scopes, and in UTC when it was created, was last used, and ends."""
    async with opened_database() as database, database.reading() as db:
        for key in await service.list_keys(db, (await _owner(db, owner)).id):
            used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
            times = (f"{key.created_at:%Y-%m-%d}", used, f"{key.expires_at:%Y-%m-%d %H:%M}")
            typer.echo("\t".join((key.id, key.name, key.scope, *times)))


@app.command()
@asynchronous
async def revoke(key_id: KeyId) -> None:
    """Revoke a key; takes effect on its next use. The id is between the first two underscores."""
    async with opened_database() as database, database.transaction() as db:
        owner = await _owner_of(db, key_id)
        await service.revoke(db, owner.id, key_id)
    typer.echo(f"Revoked {key_id} of {owner.email or owner.id}.")


@app.command()
@asynchronous
async def rotate(key_id: KeyId) -> None:
    """Print a new key like this one, and when the old one ends. `api-keys list` shows the id."""
    async with opened_database() as database, database.transaction() as db:
        owner = await _owner_of(db, key_id)
        new, ends = await service.rotate(db, owner.id, key_id, held=scopes_of(owner.roles))
    typer.echo(new.text)
    typer.echo(f"{key_id} ends at {ends:%Y-%m-%d %H:%M} UTC.", err=True)


async def _owner_of(db: AsyncSession, key_id: str) -> User:
    user = await db.scalar(select(User).join(ApiKey).where(ApiKey.id == key_id, ApiKey.expires_at > now()))
    if user is None:
        raise SystemExit("There is no such key, or it has expired.")  # what was typed may be most of a secret
    return user

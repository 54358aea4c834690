"""API keys from the command line."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ...cli import opened_database
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
def create(
    owner: Named,
    name: Annotated[str, typer.Option(help="What the key is for, in 100 characters.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; repeat it for more.")],
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="How long it lives.")] = None,
) -> None:
    """Make a key for an account and print it. It is shown only this once."""
    if not name.isprintable() or not 0 < len(name) <= 100:
        raise SystemExit("A name has 1 to 100 printable characters.")  # a line break could forge a line of the list
    requested = KeyRequest(name, frozenset(scope), timedelta(days=days) if days else None)
    typer.echo(asyncio.run(_create(owner, requested)))


async def _create(name: str, requested: KeyRequest) -> str:
    async with opened_database() as database, database.transaction() as db:
        owner = await _owner(db, name)
        return (await service.create(db, owner.id, requested, held=scopes_of(owner.roles))).text


async def _owner(db: AsyncSession, name: str) -> User:
    user = await named(db, name)
    if user is None or not user.is_active:
        raise SystemExit(f"{name} has no active account.")
    return user


@app.command("list")
def list_all(owner: Named) -> None:
    """List an account's keys: id, name, scopes, created, last used, end."""
    asyncio.run(_list(owner))


async def _list(name: str) -> None:
    async with opened_database() as database, database.reading() as db:
        for key in await service.list_keys(db, (await _owner(db, name)).id):
            used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
            times = (f"{key.created_at:%Y-%m-%d}", used, f"{key.expires_at:%Y-%m-%d %H:%M}")
            typer.echo("\t".join((key.id, key.name, key.scope, *times)))


@app.command()
def revoke(key_id: KeyId) -> None:
    """Revoke a key; takes effect on its next use. The id is between the first two underscores."""
    typer.echo(f"Revoked {key_id} of {asyncio.run(_revoke(key_id))}.")


async def _revoke(key_id: str) -> str:
    async with opened_database() as database, database.transaction() as db:
        owner = await _owner_of(db, key_id)
        await service.revoke(db, owner.id, key_id)
        return owner.email or str(owner.id)


@app.command()
def rotate(key_id: KeyId) -> None:
    """Print a new key like this one, and when the old one ends. `api-keys list` shows the id."""
    asyncio.run(_rotate(key_id))


async def _rotate(key_id: str) -> None:
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

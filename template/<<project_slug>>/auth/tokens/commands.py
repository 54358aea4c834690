"""Sessions from the command line."""

from typing import Annotated

import typer
from sqlalchemy import true

from ...audit import service as audit
from ...audit.events import Event
from ...cli import asynchronous, opened_database
from ...db import Database, table_of
from ...purge import delete_rows
from ...users.commands import id_of
from . import service
from .models import Session

NAME = "sessions"
app = typer.Typer(help="End sessions.")


@app.command()
@asynchronous
async def end(
    name: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its e-mail address or id; omit with --all.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="Everybody's sessions.")] = False,
) -> None:
    """Log out an account, or everybody, everywhere; takes effect on the next request (ASVS 7.4.5)."""
    if bool(name) == everybody:
        raise SystemExit("Name one account, or say --all.")
    async with opened_database() as database:
        if not name:
            await _end_all(database)
            return
        async with database.transaction() as db:
            user_id = await id_of(db, name)
            await service.end_sessions(db, user_id)
        # At once, whatever happens to the codes: their store may be down.
        typer.echo(f"Ended every session of {name}.")
        await service.void_codes(database, user_id)


async def _end_all(database: Database) -> None:
    async with database.transaction() as db:
        audit.record(db, Event.TOKEN_REVOKED, None, sessions="everybody's")
    # Portion by portion: a statement that takes too long is ended, and what it did is undone.
    typer.echo(f"Ended {await delete_rows(database, table_of(Session), true())} sessions.")

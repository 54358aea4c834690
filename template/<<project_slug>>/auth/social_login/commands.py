"""Social login from the command line."""

import typer

from ...cli import asynchronous, opened_database
from ...users.commands import Named, id_of
from ..credentials import end_access
from .models import end_logins
from .outbound import Documents, ProviderFailed, ProviderTimeout
from .provider import Provider
from .providers import PROVIDERS

app = typer.Typer(help="What the providers need, and who signs in with them.")


@app.command()
@asynchronous
async def providers() -> None:
    """Say which providers are configured, whose metadata are unusable, and what the others need to be set."""
    for provider in PROVIDERS.values():
        missing = " ".join(provider.settings.get().hints())
        typer.echo(f"{provider.name}: {missing or await _state(provider)}")


async def _state(provider: Provider) -> str:
    try:
        await provider.endpoints(Documents())
    except (ProviderFailed, ProviderTimeout) as error:
        return f"configured, but unusable: {getattr(error, 'reason', 'no answer in time')}."
    return "configured."


@app.command()
@asynchronous
async def unlink(name: Named) -> None:
    """Remove every identity and all access from an account, for instance when its provider is gone.

    If it has no other login, it goes to the first person who signs in with its e-mail address, verified by a provider.
    """
    async with opened_database() as database, database.transaction() as db:
        user_id = await id_of(db, name)
        await end_access(db, user_id)
        await end_logins(db, user_id)
    typer.echo(f"{name} has no identities any more.")

"""Social login from the command line."""

import typer

from .providers import PROVIDERS

NAME = "social-login"
app = typer.Typer(help="What the providers need.")


@app.command()
def providers() -> None:
    """Say which providers are configured, and what the others lack: variables, and the redirect URI to register."""
    for provider in PROVIDERS.values():
        missing = " ".join(provider.settings.get().hints())
        typer.echo(f"{provider.name}: {missing or 'configured.'}")

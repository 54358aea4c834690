"""Orders from the command line."""

import typer

from ..auth.scopes import ROLE_SCOPES, Scope
from .settings import OrderSettings

WRITE = Scope("orders:write")

app = typer.Typer(help="See orders.")


@app.command()
def limit() -> None:
    """Print how many a user may have."""
    typer.echo(OrderSettings.get().orders_per_user)


@app.command()
def roles() -> None:
    """Print which roles may order."""
    typer.echo(" ".join(role for role, scopes in ROLE_SCOPES.items() if WRITE in scopes))

"""Orders from the command line."""

import typer

from .settings import OrderSettings

app = typer.Typer(help="See orders.")


@app.command()
def limit() -> None:
    """Print how many a user may have."""
    typer.echo(OrderSettings.get().orders_per_user)

"""Signing keys from the command line: three steps, each followed by a restart of every worker.

`add` makes a key that verifies only. `use` signs with it, and the old one still verifies. `retire` forgets the old one,
once its last token has expired. Done in one step, a worker that is still on the old settings would refuse new tokens.
"""

from pathlib import Path
from typing import Annotated

import typer
from dotenv import set_key

from ...settings import Settings
from .keys import ALGORITHMS, generate, parse_key
from .settings import JWTSettings

NAME = "secrets"
app = typer.Typer(help="Rotate the keys that sign access tokens.")

ENV_FILE = Path(".env")
_KID_MAY_BEGIN_WITH_A_DASH = {"ignore_unknown_options": True}
PrintOnly = Annotated[bool, typer.Option("--print", help="Print the new values instead of changing .env.")]


@app.command("list")
def list_keys() -> None:
    """List the keys, the signing one first: kid and algorithm, never the secret."""
    for key in JWTSettings.get().keys.values():
        typer.echo(f"{key.kid}\t{key.algorithm}")


@app.command()
def add(algorithm: str = "", print_only: PrintOnly = False) -> None:
    """Make the next key. Restart everywhere, then `use` it."""
    settings = JWTSettings.get()
    chosen = algorithm or settings.jwt_algorithm
    if chosen not in ALGORITHMS:
        raise SystemExit(f"The algorithm is one of {', '.join(ALGORITHMS)}.")
    secret = generate(chosen)
    _save({"JWT_OTHER_KEYS": " ".join([*settings.jwt_other_keys, f"{chosen}:{secret}"])}, print_only)
    typer.echo(f"KID: {parse_key(chosen, secret).kid}", err=True)


@app.command(context_settings=_KID_MAY_BEGIN_WITH_A_DASH)
def use(kid: str, print_only: PrintOnly = False) -> None:
    """Sign with an added key, by its kid; the present one goes on verifying. Restart everywhere."""
    settings = JWTSettings.get()
    chosen, others = _taken_out(kid)
    algorithm, _, secret = chosen.partition(":")
    present = f"{settings.jwt_algorithm}:{settings.jwt_secret.get_secret_value()}"
    values = {"JWT_ALGORITHM": algorithm, "JWT_SECRET": secret, "JWT_OTHER_KEYS": " ".join([present, *others])}
    _save(values, print_only)


@app.command(context_settings=_KID_MAY_BEGIN_WITH_A_DASH)
def retire(kid: str, print_only: PrintOnly = False) -> None:
    """Forget a key that no longer signs, by its kid. Tokens signed with it are refused after the restart."""
    _save({"JWT_OTHER_KEYS": " ".join(_taken_out(kid)[1])}, print_only)


def _taken_out(kid: str) -> tuple[str, list[str]]:
    words = {parse_key(*word.partition(":")[::2]).kid: word for word in JWTSettings.get().jwt_other_keys}
    if kid not in words:
        raise SystemExit("No such key among those that only verify; `secrets list` shows them.")
    return words.pop(kid), [*words.values()]


def _save(values: dict[str, str], print_only: bool) -> None:
    for name, value in values.items():
        if print_only:
            typer.echo(f"{name}={value}")
        else:
            set_key(ENV_FILE, name, value, quote_mode="never")
    Settings.forget()
    if not print_only:
        typer.echo(f"{ENV_FILE} is changed. Restart every worker.")

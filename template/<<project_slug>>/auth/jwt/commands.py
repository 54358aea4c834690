"""Signing keys from the command line: three steps, each followed by a restart of every worker.

`add` makes a key that verifies only. `use` signs with it, and the old one still verifies. `retire` forgets the old one,
once its last token has expired. In one step, workers that still have the old settings would refuse new tokens.
"""

import os
from pathlib import Path
from secrets import token_hex
from stat import S_IMODE
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


@app.command()
def new(algorithm: str = "HS256") -> None:
    """Print a first key, for a deployment that has none."""
    _refuse_unknown(algorithm)
    typer.echo(f"JWT_ALGORITHM={algorithm}\nJWT_SECRET={generate(algorithm)}")


def _refuse_unknown(algorithm: str) -> None:
    if algorithm not in ALGORITHMS:
        raise SystemExit(f"The algorithm is one of {', '.join(ALGORITHMS)}.")


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
    _refuse_unknown(chosen)
    secret = generate(chosen)
    _save({"JWT_OTHER_KEYS": " ".join([*settings.jwt_other_keys, f"{chosen}:{secret}"])}, print_only)
    typer.echo(f"KID: {parse_key(chosen, secret).kid}", err=True)


@app.command(context_settings=_KID_MAY_BEGIN_WITH_A_DASH)
def use(kid: str, print_only: PrintOnly = False) -> None:
    """Sign with an added key, by its kid; the current one still verifies. Restart everywhere."""
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
    if print_only:
        for name, value in values.items():
            typer.echo(f"{name}={value}")
        return
    if hidden := os.environ.keys() & {"JWT_SECRET", "JWT_ALGORITHM", "JWT_OTHER_KEYS"}:
        raise SystemExit(f"{', '.join(sorted(hidden))} comes from the environment, not from {ENV_FILE}: use --print.")
    try:
        _write(values)
    except PermissionError:
        raise SystemExit(f"{ENV_FILE} belongs to somebody else: run this as them, or use --print.") from None
    Settings.forget()
    typer.echo(f"{ENV_FILE} has been changed. Restart every worker.")


def _write(values: dict[str, str]) -> None:
    # All at once: stopping between two of them would lose a key. Where a link leads, and readable to those who could
    # read it before: otherwise the restart that follows would find another file, or none.
    target = ENV_FILE.resolve()
    draft = target.with_name(f"{target.name}.{token_hex(8)}")
    draft.touch(0o600)
    present = target if target.exists() else draft
    try:
        draft.write_bytes(present.read_bytes())
        for name, value in values.items():
            set_key(draft, name, value, quote_mode="never")
        _give(draft, present.stat())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _give(path: Path, like: os.stat_result) -> None:
    chown = getattr(os, "chown", lambda *_: None)  # which Windows has not
    chown(path, like.st_uid, like.st_gid)
    path.chmod(S_IMODE(like.st_mode))

"""The command line: `dev`, `serve`, `doctor`, `migrate`, `purge`, `copy-from`, and each part's `commands.py`."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from functools import wraps
from importlib import import_module
from io import TextIOWrapper
from ipaddress import ip_address
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any, ParamSpec

import typer
import uvicorn
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from . import logs
from .audit import service as audit
from .copying import CannotCopy, copy_everything
from .db import NOT_THERE, Database, DatabaseSettings
from .due import migrations_due, settings_due
from .errors import AppError, Misbuilt, Unavailable
from .limits import service as limits
from .purge import purge_expired
from .settings import (
    CoreSettings,
    Settings,
    UnsafeSettings,
    find_hints,
    find_problems,
    refuse_unsafe_settings,
)

P = ParamSpec("P")

PACKAGE = Path(__file__).parent
ENV_FILE = Path(".env")
Port = Annotated[int, typer.Option(min=0, max=65_535)]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def asynchronous(command: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Make a command of a coroutine function; Typer runs none."""

    @wraps(command)
    def run(*args: P.args, **options: P.kwargs) -> None:
        asyncio.run(command(*args, **options))

    return run


@asynccontextmanager
async def opened_database() -> AsyncGenerator[Database]:
    """Open the database for one command, which the operator gave."""
    audit.act_as("operator")
    for settings in Settings.classes:
        if settings.connects:
            refuse_unsafe(settings)
    database = Database(DatabaseSettings.get())
    try:
        yield database
    finally:
        await database.close()


def refuse_unsafe(settings: type[Settings]) -> None:
    """In production, commands send no login in the clear either (ASVS 12.3.1)."""
    if CoreSettings.get().is_production and (problems := list(settings.get().problems())):
        raise SystemExit("\n".join(problems))


@app.command()
def dev(host: str = "127.0.0.1", port: Port = 8000) -> None:
    """Start for development: write .env if there is none, migrate, serve and reload."""
    _refuse_other_folders()
    write_env_file(ENV_FILE)
    if CoreSettings.get().is_production:  # its database would be migrated, and served without the checks
        named = "The variable ENVIRONMENT" if "ENVIRONMENT" in map(str.upper, os.environ) else ENV_FILE
        raise SystemExit(f"{named} does not name development: use `serve`, or another folder.")
    _refuse_unsafe_settings()
    migrate()
    address = _address(host, port)
    if not CoreSettings.get().public_url:
        # URLs that the app gives out, for instance a provider's redirect URI, must point to where it listens.
        os.environ["PUBLIC_URL"] = address
    _build_app()  # says in a sentence what is misbuilt, and not in each process that is started after a change
    typer.echo(f"Docs: {address}/docs", err=True)
    _serve(host, port, reload=True)


def _address(host: str, port: int) -> str:
    """Return the URL at which this machine reaches what listens there."""
    with suppress(ValueError):  # a name needs no change
        if ip_address(host).is_unspecified:
            host = "::1" if ":" in host else "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@app.command()
def serve(host: str = "127.0.0.1", port: Port = 8000, workers: Annotated[int, typer.Option(min=1)] = 1) -> None:
    """Serve. Refuses to start with unsafe settings."""
    _refuse_unsafe_settings()
    if workers > 1:
        _build_app()  # otherwise each worker would fail at it, and be started again, forever
    logs.configure()
    _serve(host, port, workers=workers)


def import_app() -> None:
    """Import all parts, the owner's too: settings classes and tables are known once their modules are imported."""
    import_module(f"{PACKAGE.name}.api")


def _build_app() -> None:
    import_module(f"{PACKAGE.name}.main").create_app()


def _refuse_unsafe_settings() -> None:
    import_app()
    try:
        refuse_unsafe_settings()
    except UnsafeSettings as problems:
        raise SystemExit("\n".join([str(problems), *settings_due(ENV_FILE)])) from None


def _serve(host: str, port: int, *, reload: bool = False, workers: int = 1) -> None:
    # By default, uvloop looks up two names at a time: a few lookups that hang would hold up every new connection.
    os.environ.setdefault("UV_THREADPOOL_SIZE", "16")
    uvicorn.run(
        f"{PACKAGE.name}.main:create_served_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        reload=reload,
        reload_dirs=[str(PACKAGE)] if reload else None,
        # On Windows there is no httptools, so uvicorn uses h11.
        http="auto" if sys.platform == "win32" else f"{PACKAGE.name}.protocol:LimitedProtocol",
        access_log=False,
        server_header=False,
        date_header=True,
        # By default, uvicorn trusts X-Forwarded-For from loopback; our middleware trusts TRUSTED_PROXIES only.
        proxy_headers=False,
        log_config=None,
        # Longer than proxies keep idle connections (60 seconds): one that sends while we hang up would answer 502.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=20,  # less than compose and Kubernetes wait before they kill
        lifespan="on",  # by default, a middleware that fails at it would leave the app without purge and mail
        ws_max_size=1_048_576,  # bytes, as of a body: uvicorn keeps up to 16 MiB from each client that sends no end
        timeout_worker_healthcheck=60,  # a worker that starts slowly on a busy machine is not dead
    )


def write_env_file(path: Path) -> None:
    """Write fresh secrets unless the file exists. Linked into place: of parallel first starts, exactly one wins."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in _first_values())
    try:
        _put_unless_there(draft, path)
    except FileExistsError:
        typer.echo(f"{path} was just written by another process.", err=True)
    finally:
        draft.unlink(missing_ok=True)


def _put_unless_there(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links, as on a memory card
        path.touch(exist_ok=False)
        try:
            draft.replace(path)
        except BaseException:
            path.unlink()  # an empty one would stay: later starts write none
            raise


def _first_values() -> Iterator[tuple[str, str]]:
    import_app()
    for settings in Settings.classes:
        yield from settings.first_values().items()


@app.command()
def migrate() -> None:
    """Upgrade the database to the latest migration. Run it in the project's folder."""
    _refuse_other_folders()
    refuse_unsafe(DatabaseSettings)
    # Imported here, since serving does not need it: it costs 10 MB per worker and a fifth of its start-up time.
    from alembic import command, util  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    try:
        command.upgrade(Config(toml_file="pyproject.toml"), "head")
    except DBAPIError as error:
        raise SystemExit(_in_a_sentence(error, "The migration was rolled back as far as the database can.")) from None
    except util.CommandError as error:
        raise SystemExit(str(error)) from None


def _refuse_other_folders() -> None:
    if not Path("pyproject.toml").exists():
        raise SystemExit("Run this in the project's folder, where pyproject.toml is.")


@app.command()
def doctor() -> None:
    """Report problems with settings and servers, and optional features that are off. Exits with 1 on any problem."""
    import_app()
    problems = find_problems() or _find_flaws() or _find_due()
    for problem in problems:
        typer.echo(f"- {problem}")
    typer.echo(f"Problems found: {len(problems)}." if problems else "No problems found.")
    for hint in (*find_hints(), *settings_due(ENV_FILE)):
        if hint not in problems:
            typer.echo(f"  {hint}")
    raise SystemExit(bool(problems))


def _find_flaws() -> list[str]:
    try:
        _build_app()
    except Misbuilt as flaw:
        return [str(flaw)]
    return []


def _find_due() -> list[str]:
    try:
        if due := list(migrations_due()):
            return due
        asyncio.run(_check_limits())
    except DBAPIError as error:
        return [_in_a_sentence(error)]
    except AppError as error:
        return [f"The store of the limits fails: {str(error.__cause__).rstrip('.')}."]
    return []


async def _check_limits() -> None:
    async with opened_database() as database:
        await limits.check_writing(database)


def _in_a_sentence(error: DBAPIError, advice: str = "Run `migrate` if migrations are pending, else try again.") -> str:
    # Each database reports the kind of error, for instance a missing table, in its own way.
    reason = str(error.orig).partition("\n")[0]
    if isinstance(error, IntegrityError | DataError):
        return f"Database error: {reason}."  # the tables are as expected: the data is not
    return f"Database error: {reason}. {advice if error.statement else NOT_THERE}"


@app.command()
@asynchronous
async def purge() -> None:
    """Delete what has expired: secrets, limits, old events. Run it daily if PURGE_MINUTES is 0."""
    import_app()
    async with opened_database() as database:
        typer.echo(f"Deleted {await purge_expired(database)} rows.")


@app.command("copy-from")
@asynchronous
async def copy_from(address: Annotated[str, typer.Argument(envvar="OLD_DATABASE_URL")]) -> None:
    """Copy everything from another database into this one, which must be migrated and empty. Stop the app first.

    Everybody on this machine can read a command's arguments: an address with a password belongs in the variable.
    The other one is connected to as its address says: for a PostgreSQL on another machine, add ?sslmode=verify-full.
    """
    import_app()
    async with opened_database() as database:
        try:
            typer.echo(f"Copied {await copy_everything(address, database)} rows.")
        except CannotCopy as problem:
            raise SystemExit(str(problem)) from None


def _add_commands_of_parts() -> None:
    for path in sorted(PACKAGE.rglob("commands.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        module = import_module("." + ".".join(parts), PACKAGE.name)
        if isinstance(getattr(module, "app", None), typer.Typer):
            app.add_typer(module.app, name=getattr(module, "NAME", parts[-2].replace("_", "-")))


def main() -> None:
    """Run the command line."""
    if any("\udc80" <= letter <= "\udcff" for word in sys.argv for letter in word):
        raise SystemExit("An argument is not valid UTF-8.")
    if isinstance(sys.stdout, TextIOWrapper):  # a letter that a terminal lacks must not hide the other accounts
        sys.stdout.reconfigure(errors="backslashreplace")
    # Commands report errors in a sentence; `serve` and `dev` use the log.
    logging.getLogger(PACKAGE.name).addHandler(logging.NullHandler())
    try:
        _add_commands_of_parts()
        app()
    except (ValidationError, SettingsError) as error:
        # What a command of yours validates is no setting.
        if isinstance(error, ValidationError) and error.title not in {each.__name__ for each in Settings.classes}:
            raise
        raise SystemExit("The settings are invalid; `doctor` says what is wrong with them.") from None
    except DBAPIError as error:
        raise SystemExit(_in_a_sentence(error)) from None
    except Misbuilt as flaw:
        raise SystemExit(str(flaw)) from None
    except Unavailable:
        raise SystemExit("A server that the command needs does not respond; `doctor` says more.") from None
    except AppError as error:
        raise SystemExit(error.detail) from None


if __name__ == "__main__":
    main()

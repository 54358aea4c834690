"""Import what nearly every command of a rendered project imports, then fork for each; see `forks.py`.

The interpreter of the rendered projects' environment runs this file. A fork gets a command's words, folder and
variables, and turns into what a newly started interpreter would have become. Standard input carries one request per
line. Standard output carries, one per line, first the folder, then for each request the fork's process id and its
exit code.
"""

import gc
import importlib
import json
import os
import runpy
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

IMPORTED = (
    "aiosmtpd.controller", "aiosmtplib", "aiosqlite", "alembic.autogenerate", "alembic.command", "alembic.config",
    "anyio.pytest_plugin", "asyncmy", "cryptography.hazmat.primitives.asymmetric.rsa", "dotenv", "email_validator",
    "fastapi", "fastapi_offline", "httpx2", "importlinter.cli", "jwt", "limits", "mypy.main", "passlib.hash",
    "psycopg", "pydantic_settings", "pytest", "pytest_cov.plugin", "redis.asyncio",
    "sqlalchemy.dialects.mysql.asyncmy", "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.aiosqlite", "sqlalchemy.ext.asyncio", "time_machine", "typer", "uvicorn",
)  # fmt: skip
"""Nothing of a project; nothing that starts a thread, since threads do not survive a fork; and nothing that configures
logging, as deptry does, since that would apply to every other command too."""

MEMORY = Path("/dev/shm")  # noqa: S108 - tempfile makes the folders in it
"""Linux's file system in memory, as on every Linux: the tests of a project write small files all the time. Without it,
the folder is where temporary files usually are."""
ENOUGH = 2_000_000_000
"""Bytes that must be free for the folder to be kept in memory."""


def main() -> None:
    """Fork until there are no more requests."""
    del sys.path[0]  # this file's own folder
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # a collection in a fork would copy every page
    folder = make_folder()
    # Only from here on: installed packages have their bytecode beside them, but nothing may be added to a project.
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(folder / "bytecode")
    say(folder)
    if request := next_fork():
        become(folder, **request)
    else:
        shutil.rmtree(folder)


def make_folder() -> Path:
    """Make the folder, in memory if there is enough."""
    return Path(tempfile.mkdtemp(prefix="forks-", dir=MEMORY if is_roomy() else None))


def is_roomy() -> bool:
    """Tell whether there is enough memory for files."""
    return os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH


def say(answer: object) -> None:
    """Send a line."""
    print(answer, flush=True)


def next_fork() -> dict[str, Any] | None:
    """Return a request in each fork, and None at the end."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            request: dict[str, Any] = json.loads(line)
            return request
        say(child)
        say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    return None


def become(own: Path, words: list[str], folder: str, variables: dict[str, str]) -> None:
    """Turn into a command, as if the interpreter had just been started for it."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables | own_variables(own))
    del os.environ["PYTHONDONTWRITEBYTECODE"]
    redirect(own / "output")
    if words[:2] == ["python", "-c"]:
        sys.argv, sys.path[:0] = ["-c", *words[3:]], [""]
        exec(words[2], {"__name__": "__main__"})  # noqa: S102 - what was asked for
    else:
        script = Path(sys.executable).with_name(words[0])
        sys.argv, sys.path[:0] = [str(script), *words[1:]], [str(script.parent)]
        runpy.run_path(str(script), run_name="__main__")


def own_variables(own: Path) -> dict[str, str]:
    """Return variables that every command gets in addition. The temporary folder is always the same, emptied first."""
    temporary = own / "temporary"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    return {
        "TMPDIR": str(temporary),
        "PYTHONPYCACHEPREFIX": str(own / "bytecode"),
        # pytest warns about modules that were imported before it started.
        "PYTEST_ADDOPTS": "-W 'ignore:Module already imported:pytest.PytestAssertRewriteWarning'",
    }


def redirect(output: Path) -> None:
    """Make standard input empty, and send all output to a file."""
    for file, flags, targets in (
        (os.devnull, os.O_RDONLY, (0,)),
        (output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, (1, 2)),
    ):
        opened = os.open(file, flags, 0o600)
        for target in targets:
            os.dup2(opened, target)
        os.close(opened)


if __name__ == "__main__":
    main()

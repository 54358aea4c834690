"""Several worker processes of one rendered project, each on a port of its own, over one storage."""

import argparse
import os
import re
import secrets
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from . import commands, databases, renders, servers
from .combinations import SLUG
from .demo import free_port

PATIENCE = 60
"""Seconds until a worker that does not answer counts as broken."""
SETTINGS = {
    "ENVIRONMENT": "development",
    "JWT_SECRET": secrets.token_urlsafe(48),
    "MAIL_TRANSPORT": "console",
}


@dataclass
class Storage:
    """What a project keeps its data in: servers of our own, and the settings with which it finds them."""

    running: dict[str, servers.Server] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)


@contextmanager
def storage(database: str, *, redis: bool) -> Iterator[Storage]:
    """Start what a project with these answers needs. Raises MissingProgramError."""
    ours = Storage()
    with ExitStack() as stack:
        if database != "sqlite":
            server = stack.enter_context(servers.throw_away(database))
            ours.running[database] = server
            ours.settings["DATABASE_URL"] = create_database(server)
        if redis:
            ours.running["redis"] = stack.enter_context(servers.throw_away("redis"))
            ours.settings["REDIS_URL"] = ours.running["redis"].url
        yield ours


def create_database(server: servers.Server) -> str:
    """Create a database on a server and return its address."""
    databases.execute(server.first_database, "CREATE DATABASE api")
    return f"{server.url}/api"


@dataclass
class Worker:
    """One process that serves the project."""

    command: list[str]
    folder: Path
    environment: dict[str, str]
    output: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and return when it answers."""
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*self.command, "serve", "--port", str(self.port)],
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._is_live():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"A worker did not start: {self.output.read_text()}")
            time.sleep(0.05)

    def _is_live(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/health/live").is_success
        except httpx2.TransportError:
            return False

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


@dataclass(frozen=True, kw_only=True)
class Project:
    """A rendered project that several workers serve."""

    folder: Path
    command: list[str]
    environment: dict[str, str]
    workers: list[Worker]
    storage: Storage
    method: str

    def run(self, *words: str) -> str:
        """Run a command of its command line and return what it prints."""
        line = [*self.command, *words]
        return subprocess.check_output(line, cwd=self.folder, env=self.environment, text=True)

    def create_account(self, email: str, password: str, *flags: str) -> None:
        """Create an account with a password."""
        self.run("users", "create", email, *flags)
        token = self.run("passwords", "link", email).split()[-1]
        body = {"token": token, "new_password": password}
        httpx2.post(f"{self.workers[0].url}/auth/reset-password", json=body, timeout=30).raise_for_status()

    def mailed_codes(self, address: str) -> list[str]:
        """Return the codes in the mails to an address, which the workers print."""
        printed = "".join(worker.output.read_text() for worker in self.workers)
        mails = [mail for mail in printed.split("  | To: ") if mail.startswith(f"{address}\n")]
        return [found[0] for mail in mails if (found := re.search(r"(?<![\w-])[\w-]{43}(?![\w-])", mail))]


@contextmanager
def served(options: argparse.Namespace, **settings: str) -> Iterator[Project]:
    """Render a project, start its storage and its workers; stop everything at the end. Raises MissingProgramError.

    The options are those of `parser`.
    """
    with tempfile.TemporaryDirectory() as name, storage(options.database, redis=options.redis) as ours:
        root = Path(name)
        template = renders.snapshot(root / "template")
        chosen = {"auth_methods": [options.method], "database": options.database, "redis": options.redis}
        folder = renders.render(template, root / "project", {"project_slug": SLUG, **chosen})
        command = [str(commands.ENVIRONMENT / "bin" / "python"), "-m", f"{SLUG}.cli"]
        inherited = {each: os.environ[each] for each in ("HOME", "LANG", "PATH") if each in os.environ}
        environment = inherited | SETTINGS | ours.settings | settings
        each = [Worker(command, folder, environment, root / f"worker-{number}") for number in range(options.workers)]
        project = Project(
            folder=folder, command=command, environment=environment, workers=each, storage=ours, method=options.method
        )
        project.run("migrate")
        try:
            for worker in each:
                worker.start()
            yield project
        finally:
            for worker in each:
                worker.kill()


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of the options for the storage and the number of workers."""
    reader = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--method", choices=["jwt", "oauth2_password"], default="jwt")
    reader.add_argument("--database", default="sqlite")
    reader.add_argument("--redis", action="store_true")
    reader.add_argument("--workers", type=int, default=4)
    return reader

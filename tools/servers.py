"""Database servers of our own: started on a free port with their data in a folder that goes away, stopped and started.

For what must not touch a server that others use: tests on a machine that runs none, and faults.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from .demo import free_port

PATIENCE = 60
"""Seconds until a server that does not answer counts as broken."""
DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
"""Where Debian keeps the programs of PostgreSQL, which are not on the PATH."""


class MissingProgramError(Exception):
    """The program is not installed; the message says how to install it."""


@dataclass
class Server:
    """A server, running or stopped. Data survives a stop, except in Redis."""

    kind: str
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the rendered projects find it; for a database without its name."""
        return _URLS[self.kind].format(port=self.port)

    @property
    def first_database(self) -> str:
        """Its address with the name of a database that is there from the start."""
        return self.url + {"postgresql": "/postgres", "mysql": "/mysql"}.get(self.kind, "")

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        command = _COMMANDS[self.kind](self)
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            user=_user_of(self.kind),
        )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.kind} did not start; try it by hand: {' '.join(map(str, command))}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and all its connections, and return when it is gone."""
        if self.kind == "postgresql" and how is signal.SIGTERM:
            how = signal.SIGINT  # SIGTERM would wait for its clients to leave
        deadline = time.monotonic() + PATIENCE
        while self.process and time.monotonic() < deadline:
            self.process.send_signal(how)
            with suppress(subprocess.TimeoutExpired):
                # Again after a while: MariaDB takes connections before it takes signals.
                self.process.wait(5)
                self.process = None


@contextmanager
def throw_away(kind: str) -> Iterator[Server]:
    """Run a server of a kind, `postgresql`, `mysql` or `redis`, to the end of the block. Raises MissingProgramError."""
    folder = Path(tempfile.mkdtemp(prefix=f"{kind}-"))
    server = Server(kind, folder)
    try:
        _prepare(server)
        server.start()
        yield server
    finally:
        # Killed, PostgreSQL would leave its shared memory behind, until there is none for another one.
        server.stop(signal.SIGQUIT if kind == "postgresql" else signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


_URLS = {
    "postgresql": "postgresql+psycopg://postgres@127.0.0.1:{port}",
    "mysql": "mysql+asyncmy://root@127.0.0.1:{port}",
    "redis": "redis://127.0.0.1:{port}/0",
}

_PACKAGES = {"postgresql": "postgresql", "mysql": "mariadb-server", "redis": "redis-server"}


def advice(kind: str) -> str:
    """Return how to install a server's program."""
    return f"On Debian: apt-get install {_PACKAGES[kind]}"


def program(kind: str, name: str) -> str:
    """Find a program. Raises MissingProgramError."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", *map(str, DEBIAN[-1:])])
    found = shutil.which(name, path=path)
    if found is None:
        raise MissingProgramError(f"{name} is not installed. {advice(kind)}")
    return found


def _prepare(server: Server) -> None:
    """Make the data folder of a server that needs one."""
    data = server.folder / "data"
    match server.kind:
        case "postgresql":
            initdb = program("postgresql", "initdb")
            _own(server)
            _run([initdb, "-D", str(data), "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8"], "postgresql")
        case "mysql":
            install = program("mysql", "mariadb-install-db")
            _own(server)
            how = ["--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"]
            _run([install, *how], "mysql")
        case _:
            program("redis", "redis-server")


def _run(command: list[str], kind: str) -> None:
    nowhere = subprocess.DEVNULL
    subprocess.run(command, check=True, stdout=nowhere, stderr=nowhere, cwd="/", user=_user_of(kind))


def _own(server: Server) -> None:
    """Give the folder to the server's user, where root starts it."""
    if user := _user_of(server.kind):
        server.folder.chmod(0o755)
        shutil.chown(server.folder, user)


def _user_of(kind: str) -> str | None:
    """Return the user to start a program as: PostgreSQL and MariaDB refuse to run as root."""
    return {"postgresql": "postgres", "mysql": "mysql"}.get(kind) if os.geteuid() == 0 else None


def _postgresql(server: Server) -> list[str]:
    data, quick = server.folder / "data", ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
    # A test that locks a table would wait for autovacuum.
    settings = [word for each in (*quick, "autovacuum=off", "max_connections=300") for word in ("-c", each)]
    where = ["-D", str(data), "-p", str(server.port), "-h", "127.0.0.1", "-k", str(server.folder)]
    return [program("postgresql", "postgres"), *where, *settings]


def _mysql(server: Server) -> list[str]:
    where = [f"--datadir={server.folder / 'data'}", f"--socket={server.folder / 'socket'}", f"--port={server.port}"]
    quick = ["--innodb-flush-log-at-trx-commit=0", "--skip-log-bin", "--max-connections=300"]
    return [program("mysql", "mariadbd"), "--no-defaults", *where, "--bind-address=127.0.0.1", *quick]


def _redis(server: Server) -> list[str]:
    where = ["--port", str(server.port), "--bind", "127.0.0.1", "--dir", str(server.folder), "--save", ""]
    return [program("redis", "redis-server"), *where]


_COMMANDS = {"postgresql": _postgresql, "mysql": _mysql, "redis": _redis}

"""A Redis of a test's own, to be stopped, frozen and started again."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from secrets import randbelow

import pytest
from redis import Redis
from redis.exceptions import RedisError


class RedisServer:
    """A server with options as on its command line. Its port stays the same when it is stopped and started again."""

    def __init__(self, program: str, folder: Path, *options: str) -> None:
        self.port = _free_port()
        self.url = f"redis://default:any@127.0.0.1:{self.port}/0"
        place = ("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(folder), "--save", "")
        self._command = [program, *place, *options]
        self._process: subprocess.Popen[bytes] | None = None
        self.client = Redis.from_url(self.url, protocol=2)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)  # noqa: S603
        for _ in range(3000):
            if self._answers():
                return
            if self._process.poll() is not None:
                raise ChildProcessError("redis-server has ended")
            time.sleep(0.01)
        raise TimeoutError("redis-server does not answer")

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
            self.client.close()

    def freeze(self) -> None:
        """Let it take connections and answer none."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)


def _free_port() -> int:
    """Find a port that nobody listens on, below those that systems hand out: it stays free while the server is down."""
    while True:
        port = 20_000 + randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


MakeServer = Callable[..., RedisServer]


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[MakeServer]:
    """Start a server: `redis_server("--appendonly", "yes")`."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("NOT TESTED: there is no redis-server in the PATH to stop and start")
    servers: list[RedisServer] = []

    def start(*options: str) -> RedisServer:
        servers.append(RedisServer(program, tmp_path, *options))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.kill()

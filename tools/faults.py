"""Break what a project depends on, under load, and watch: `make faults`.

Clients keep calling several workers while one is killed, while the database and Redis are stopped and started, and
while every connection of the pool waits for a lock. Nothing may succeed that should not, nothing acknowledged may be
lost or be there twice, an outage is answered with 503 and Retry-After, and all is well again without a restart.

--method oauth2_password         random access tokens instead of signed ones; with --redis, kept there
--database postgresql --redis    what the project keeps its data in; servers of our own are started
--seconds 4                      how long each outage lasts
--workers 4
"""

import asyncio
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx2

from . import commands
from .races import UNLIMITED, Racer, bearer, fresh_account
from .servers import MissingProgramError
from .workers import Project, parser, served

CLIENTS = 12
SETTINGS = UNLIMITED | {"LIMIT_LOGIN_ACCOUNT": "1000000/minute", "DATABASE_POOL_SIZE": "5", "DATABASE_TIMEOUT": "1"}
HOLD = {
    "sqlite": ["BEGIN EXCLUSIVE"],
    "postgresql": ["LOCK TABLE session, item, {user} IN ACCESS EXCLUSIVE MODE"],
    "mysql": ["LOCK TABLES session WRITE, item WRITE, {user} WRITE"],
}
"""Statements that make every query of the project wait; on SQLite, every write."""
RIVAL = """
import asyncio, sys
from sqlalchemy.ext.asyncio import create_async_engine

async def main():
    engine = create_async_engine(sys.argv[1])
    async with engine.connect() as connection:
        for statement in sys.argv[3:]:
            await connection.exec_driver_sql(statement)
        await asyncio.sleep(float(sys.argv[2]))
    await engine.dispose()

asyncio.run(main())
"""


@dataclass
class Seen:
    """What clients saw between two moments."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0
    tokens_are_lost: bool = False
    """Whether Redis, which forgets what it knew when it stops, was where the access tokens are."""
    last_trouble: float = 0.0
    """When an answer last was not what it is in quiet times, by the monotonic clock."""


@dataclass
class Client:
    """Somebody with a good token, a dead one, and a list of what was acknowledged."""

    racer: Racer
    number: int
    seen: Seen
    email: str = ""
    token: str = ""
    dead: str = ""
    acknowledged: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    async def begin(self, email: str) -> None:
        """Log in twice, and out once."""
        self.email = email
        self.dead = (await self.racer.log_in(email))["access_token"]
        url = self.racer.project.workers[0].url
        (await self.racer.client.post(f"{url}/auth/logout", headers=bearer(self.dead))).raise_for_status()
        self.token = (await self.racer.log_in(email))["access_token"]

    async def run(self) -> None:
        """Call in turn until cancelled."""
        while True:
            await self.call("GET", "/users/me", self.token, 200)
            await self.call("GET", "/users/me", self.dead, 401)
            await self.add()
            await asyncio.sleep(0.02)

    async def add(self) -> None:
        """Create an item, and remember whether that was acknowledged."""
        title = secrets.token_hex(8)
        self.tried.append(title)
        if await self.call("POST", "/items", self.token, 201, {"title": title}):
            self.acknowledged.append(title)

    async def call(self, method: str, path: str, token: str, wanted: int, body: dict[str, str] | None = None) -> bool:
        """Call the next worker; note what comes of it. Returns whether it was what is wanted."""
        self.number += 1
        worker = self.racer.project.workers[self.number % len(self.racer.project.workers)]
        began = time.monotonic()
        try:
            answer = await self.racer.client.request(method, worker.url + path, json=body, headers=bearer(token))
        except httpx2.TransportError as error:
            self.note(type(error).__name__, began)
            return False
        status = answer.status_code
        if status == wanted:
            self.note(str(status), began, trouble=False)
            return True
        self.note(str(status), began)
        if status == 401 and self.seen.tokens_are_lost:
            await self.log_in_anew()
        elif status != 503 or "retry-after" not in answer.headers:
            self.seen.wrong.append(f"{method} {path} {status} instead of {wanted}: {answer.text[:200]}")
        return False

    async def log_in_anew(self) -> None:
        """Do what clients do whose access token is refused. Of an outage, the next call tells."""
        with suppress(httpx2.HTTPError):
            self.token = (await self.racer.log_in(self.email))["access_token"]

    def note(self, what: str, began: float, *, trouble: bool = True) -> None:
        """Count an answer."""
        self.seen.answers[what] += 1
        self.seen.slowest = max(self.seen.slowest, time.monotonic() - began)
        if trouble:
            self.seen.last_trouble = time.monotonic()


Fault = Callable[[Project, float], Coroutine[None, None, None]]


async def kill_a_worker(project: Project, seconds: float) -> None:
    """Kill a worker, as a system that runs out of memory does, and start it again."""
    await asyncio.to_thread(project.workers[1].kill)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(project.workers[1].start)


async def stop_the_database(project: Project, seconds: float) -> None:
    """Stop the database, and start it again."""
    server = project.storage.running[next(kind for kind in project.storage.running if kind != "redis")]
    await asyncio.to_thread(server.stop)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.start)


async def stop_redis(project: Project, seconds: float) -> None:
    """Stop Redis, which forgets everything, and start it again."""
    server = project.storage.running["redis"]
    await asyncio.to_thread(server.stop)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.start)


async def fill_the_pool(project: Project, seconds: float) -> None:
    """Hold a lock that every query waits for, until no connection is left."""
    url = project.environment.get("DATABASE_URL", f"sqlite+aiosqlite:///{project.folder / 'app.db'}")
    kind = url.partition("+")[0]
    user = "`user`" if kind == "mysql" else '"user"'
    statements = [statement.format(user=user) for statement in HOLD[kind]]
    command = [str(commands.ENVIRONMENT / "bin" / "python"), "-c", RIVAL, url, str(seconds), *statements]
    await asyncio.to_thread(subprocess.run, command, check=True)


def faults_of(project: Project) -> list[Fault]:
    """Return what can be broken."""
    kinds = project.storage.running
    stops = [stop_the_database] if {"postgresql", "mysql"} & kinds.keys() else []
    return [kill_a_worker, *stops, *([stop_redis] if "redis" in kinds else []), fill_the_pool]


@asynccontextmanager
async def calling(clients: list[Client]) -> AsyncGenerator[None]:
    """Let the clients call to the end of the block."""
    tasks = [asyncio.create_task(client.run()) for client in clients]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error


async def suffer(clients: list[Client], fault: Fault, project: Project, seconds: float) -> list[str]:
    """Break one thing under load; print what was seen, and return what was wrong."""
    are_lost = fault is stop_redis and project.method == "oauth2_password"
    seen = Seen(tokens_are_lost=are_lost)
    for client in clients:
        client.seen = seen
    async with calling(clients):
        await asyncio.sleep(1)
        await fault(project, seconds)
        mended = time.monotonic()
        await asyncio.sleep(5)
        recovered = max(0.0, seen.last_trouble - mended)
        if time.monotonic() - seen.last_trouble < 1:
            seen.wrong.append("not well again five seconds later")
    answers = ", ".join(f"{count} x {what}" for what, count in sorted(seen.answers.items()))
    print(f"{fault.__name__}: {answers}; slowest {seen.slowest:.1f} s; well again after {recovered:.1f} s", flush=True)
    return [f"{fault.__name__}: {each}" for each in dict.fromkeys(seen.wrong)]


async def audit(client: Client) -> list[str]:
    """Compare what a client was told with what is there."""
    there: Counter[str] = Counter()
    url = client.racer.project.workers[0].url
    while True:
        path = f"{url}/items?limit=100&offset={there.total()}"
        page = (await client.racer.client.get(path, headers=bearer(client.token))).raise_for_status().json()
        there.update(item["title"] for item in page)
        if len(page) < 100:
            break
    lost = [title for title in client.acknowledged if not there[title]]
    doubled = [title for title, count in there.items() if count > 1]
    made_up = set(there) - set(client.tried)
    return [f"{len(each)} items {what}" for what, each in
            (("lost", lost), ("doubled", doubled), ("made up", made_up)) if each]  # fmt: skip


async def run(project: Project, seconds: float) -> list[str]:
    """Break one thing after another; return what was wrong."""
    async with httpx2.AsyncClient(timeout=30, limits=httpx2.Limits(max_connections=100)) as http:
        racer = Racer(project, http)
        clients = [Client(racer, number, Seen()) for number in range(CLIENTS)]
        for client in clients:
            await client.begin(await fresh_account(racer))
        wrong: list[str] = []
        for fault in faults_of(project):
            wrong += await suffer(clients, fault, project, seconds)
        for client in clients:
            wrong += await audit(client)
    print(f"{sum(len(client.acknowledged) for client in clients)} items acknowledged.")
    return wrong


def main() -> None:
    """Break everything on the storage that was asked for; end with 1 when something was wrong."""
    words = parser(__doc__)
    words.add_argument("--seconds", type=float, default=4)
    options = words.parse_args()
    try:
        with served(options, **SETTINGS) as project:
            wrong = asyncio.run(run(project, options.seconds))
    except MissingProgramError as missing:
        sys.exit(str(missing))
    print(*wrong, f"{len(wrong)} things were wrong.", sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

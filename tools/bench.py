"""Compare rendered projects, one for each method, with a bare FastAPI route and with fastapi-users: `make bench`.

Every server runs on one core, one worker, as shipped, with a database of its own; the load comes from another core. In
each round every cell is measured once, one after another, so that whatever else the machine does falls on all of them.
Absolute figures belong to the machine; what can be compared are the ratios, which are taken round by round.

--seconds 5   how long each cell is loaded
--rounds 3
--database postgresql --redis    what the projects keep their data in, SQLite unless told
"""

import argparse
import http.client
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from . import commands, databases, renders
from .combinations import ROOT, SLUG, Combination
from .demo import free_port

SERVERS = ROOT / "bench"
RIVALS = ROOT / ".cache" / "bench"
NEEDED = {"wrk": "the load", "taskset": "keeping load and server on cores of their own"}
CONNECTIONS = 32
EMAIL, PASSWORD = "ann@example.com", secrets.token_urlsafe(16)
BASIC = b64encode(f"{EMAIL}:{PASSWORD}".encode()).decode()
JSON, FORM = "application/json", "application/x-www-form-urlencoded"

SHIPPED = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=1048576:glibc.malloc.hugetlb=1"}
"""What the rendered Dockerfile sets; `test_repository.py` keeps the two equal."""
LIMITS = ("LOGIN", "LOGIN_ACCOUNT", "MAIL", "MAIL_ACCOUNT", "TOKEN")
SETTINGS = {
    "ENVIRONMENT": "development",  # plain http, since nothing here ends TLS; all else is as in production
    "JWT_SECRET": secrets.token_urlsafe(48),
    "MAIL_TRANSPORT": "console",
    "ACCESS_TOKEN_MINUTES": "60",
    "SESSIONS_PER_USER": "1000000",
    **{f"LIMIT_{name}": "10000000/minute" for name in LIMITS},
}


def variables() -> dict[str, str]:
    """Return the environment of every server."""
    return {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ} | SETTINGS


Proof = Callable[["Server"], dict[str, str]]
"""Authenticates a caller at a running server; returns the headers to send."""


def nobody(_: "Server") -> dict[str, str]:
    """Prove nothing."""
    return {}


@dataclass
class Server:
    """A program under test. `running` fills in its processes, and the headers that every request carries."""

    name: str
    folder: Path
    command: list[str]
    proof: Proof = nobody
    login: tuple[str, str, str] = ("", "", "")
    """Where to log in, as what media type, with which body."""
    ready: str = "/users/me"
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=variables)
    headers: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def on_port(self, port: int) -> list[str]:
        return [*pinned(0), *self.command, "--port", str(port)]


@dataclass(frozen=True, kw_only=True)
class Load:
    """The result of loading a server."""

    a_second: float
    cpu: float
    """Microseconds of the server's own time for each request: what a busy machine changes least."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table: a cell, what it is compared with, and what the ratio should be."""

    label: str
    cell: str
    against: str = ""
    unit: str = "/s"
    floor: float | None = None
    goal: float | None = None
    less_is_better: bool = False


ME, LOGIN, START, MEMORY = "GET /users/me", "logins", "start to first answer", "memory after warm-up"
BARE, SIGNED, OPAQUE, RIVAL = "bare route", "[jwt]", "[oauth2_password]", "fastapi-users"
KEYS, BASIC_AUTH, SOCIAL = "[api_keys]", "[http_basic]", "[social_login]"
IDLE, BUSY = "p99 of a light GET", "the same while four clients log in"
REFRESH = "refresh exchanges"
CPU = " us"

ROWS = (
    Row(label=f"{ME}, {BARE}", cell=f"{ME} {BARE}"),
    *(
        Row(label=f"{ME}, {name}", cell=f"{ME} {name}", against=f"{ME} {BARE}", floor=floor, goal=goal)
        for name, floor, goal in (
            (SIGNED, 0.35, 0.50),
            (OPAQUE, 0.35, 0.50),
            (KEYS, 0.35, 0.50),
            (BASIC_AUTH, 0.30, 0.45),
            (SOCIAL, 0.35, 0.50),
        )
    ),
    Row(label=f"{ME}, {RIVAL}", cell=f"{ME} {RIVAL}", against=f"{ME} {BARE}"),
    Row(label=f"{SIGNED} against {RIVAL}", cell=f"{ME} {SIGNED}", against=f"{ME} {RIVAL}", floor=5, goal=10),
    Row(label=f"{OPAQUE} against {RIVAL}", cell=f"{ME} {OPAQUE}", against=f"{ME} {RIVAL}", floor=5, goal=10),
    Row(label=f"{LOGIN}, {RIVAL}", cell=f"{LOGIN} {RIVAL}"),
    Row(label=f"{LOGIN}, {SIGNED}", cell=f"{LOGIN} {SIGNED}", against=f"{LOGIN} {RIVAL}", floor=5, goal=6),
    Row(label=f"{REFRESH}, {SIGNED}", cell=REFRESH, against=f"{ME} {BARE}", floor=0.05, goal=0.10),
    Row(label=f"{IDLE}, {SIGNED}", cell=IDLE, unit=" ms"),
    Row(label=BUSY, cell=BUSY, against=IDLE, unit=" ms", floor=5, goal=2, less_is_better=True),
    Row(label=f"{START}, {BARE}", cell=f"{START} {BARE}", unit=" s"),
    *(
        Row(label=f"{START}, {name}", cell=f"{START} {name}", against=f"{START} {BARE}", unit=" s", floor=2.5, goal=1.8,
            less_is_better=True)
        for name in (SIGNED, OPAQUE)
    ),
    Row(label=f"{MEMORY}, {BARE}", cell=f"{MEMORY} {BARE}", unit=" MB"),
    *(
        Row(label=f"{MEMORY}, {name}", cell=f"{MEMORY} {name}", against=f"{MEMORY} {BARE}", unit=" MB", floor=2,
            goal=1.5, less_is_better=True)
        for name in (SIGNED, OPAQUE)
    ),
)  # fmt: skip


def main() -> None:
    """Start everything, measure round by round, print the table."""
    options = parse()
    refuse_without_tools()
    with tempfile.TemporaryDirectory() as folder, databases.provided(), ExitStack() as stack:
        storage = Storage(options.database, options.redis, stack)
        servers = {server.name: server for server in make_servers(Path(folder), storage)}
        for server in servers.values():
            stack.enter_context(running(server))
            server.headers.update(server.proof(server))
        rounds = [measure(servers, options.seconds, number) for number in range(1, options.rounds + 1)]
    print(table(rounds))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--redis", action="store_true")
    return parser.parse_args()


def refuse_without_tools() -> None:
    """Stop with one sentence if the machine lacks what this needs."""
    for tool, purpose in NEEDED.items():
        if not shutil.which(tool):
            sys.exit(f"{tool} is missing; it is for {purpose}. On Debian: apt-get install wrk util-linux")
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("Two cores are needed: one for the server, one for the load.")


def pinned(which: int) -> list[str]:
    """Return the command prefix that pins a command to one of our cores: 0 for servers, 1 for the load."""
    return ["taskset", "--cpu-list", str(sorted(os.sched_getaffinity(0))[which])]


# SERVERS


@dataclass(frozen=True)
class Storage:
    """The projects' databases, until the end of the run."""

    database: str
    redis: bool
    stack: ExitStack

    def settings(self, name: str) -> dict[str, str]:
        """Return the settings with which a server finds a place of its own."""
        settings = {}
        if self.database != "sqlite":
            settings["DATABASE_URL"] = self.stack.enter_context(databases.new_database(self.database))
        if self.redis:
            settings |= {"REDIS_URL": databases.server("redis"), "REDIS_PREFIX": f"{name}:"}
        return settings


def make_servers(folder: Path, storage: Storage) -> Iterator[Server]:
    """Yield what is compared, each with a place of its own for its data."""
    template = renders.snapshot(folder / "template")
    yield Server(BARE, SERVERS, uvicorn(commands.ENVIRONMENT, "bare:app"))
    yield project(template, storage, SIGNED, with_password, login_by_json())
    yield project(template, storage, OPAQUE, with_password, login_by_form("/auth/token"))
    yield project(template, storage, KEYS, with_key)
    yield project(template, storage, BASIC_AUTH, with_basic)
    yield project(template, storage, SOCIAL, with_session)
    yield rival(folder / "rival", storage.settings(RIVAL).get("DATABASE_URL", "sqlite+aiosqlite:///test.db"))


def rival(folder: Path, address: str) -> Server:
    """Return fastapi-users on a database, with the driver that its documentation names for it."""
    shutil.copytree(SERVERS, folder)
    environment = variables() | {"DATABASE_URL": address.replace("+psycopg", "+asyncpg")}
    login = login_by_form("/auth/jwt/login")
    serve = uvicorn(RIVALS, "rival:app")
    return Server(RIVAL, folder, serve, with_sign_up, login, "/openapi.json", environment=environment)


def uvicorn(environment: Path, app: str) -> list[str]:
    """Return the command that serves an app the way the rendered project serves itself."""
    return [str(environment / "bin" / "python"), "-m", "uvicorn", "--no-access-log", app]


def login_by_json() -> tuple[str, str, str]:
    """Return how to call the rendered project's JSON login."""
    return "/auth/login", JSON, json.dumps({"email": EMAIL, "password": PASSWORD})


def login_by_form(path: str) -> tuple[str, str, str]:
    """Return how to call an OAuth2 password form."""
    return path, FORM, urlencode({"grant_type": "password", "username": EMAIL, "password": PASSWORD})


def project(
    template: Path, storage: Storage, name: str, proof: Proof, login: tuple[str, str, str] = ("", "", "")
) -> Server:
    """Render a project with the one method that its name says, make its database and an account in it."""
    method = name.strip("[]")
    folder = template.with_name(method)
    chosen = Combination(auth_methods=(method,), database=storage.database, redis=storage.redis)
    renders.render(template, folder, chosen.answers)
    serve = [str(commands.ENVIRONMENT / "bin" / "python"), "-m", f"{SLUG}.cli", "serve"]
    environment = variables() | SHIPPED | storage.settings(method)
    server = Server(name, folder, serve, proof, login, "/health/live", environment=environment)
    command(server, "migrate")
    command(server, "users", "create", EMAIL)
    return server


def command(server: Server, *words: str) -> str:
    """Run a command of a rendered project; return the last word of what it prints."""
    line = [*server.command[:-1], *words]
    return (subprocess.check_output(line, cwd=server.folder, env=server.environment, text=True).split() or [""])[-1]


@contextmanager
def running(server: Server) -> Iterator[None]:
    """Run a server until the end of the block."""
    server.processes.append(launch(server, server.port))
    try:
        yield
    finally:
        stop(server.processes.pop())


def launch(server: Server, port: int) -> subprocess.Popen[bytes]:
    """Start a server and wait for its first answer."""
    process = subprocess.Popen(
        server.on_port(port),
        cwd=server.folder,
        env=server.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}{server.ready}", timeout=5):
                return process
        except OSError:
            time.sleep(0.005)
    sys.exit(f"{server.name} did not start; try it by hand in {server.folder}: {' '.join(server.command)}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server."""
    process.terminate()
    process.wait()


def with_password(server: Server) -> dict[str, str]:
    """Set a password and log in."""
    set_password(server)
    return bearer(post(server, *server.login)["access_token"])


def with_sign_up(server: Server) -> dict[str, str]:
    """Sign up with fastapi-users and log in."""
    post(server, "/auth/register", JSON, json.dumps({"email": EMAIL, "password": PASSWORD}))
    return bearer(post(server, *server.login)["access_token"])


def with_key(server: Server) -> dict[str, str]:
    """Make an API key."""
    return {"X-API-Key": command(server, "api-keys", "create", EMAIL, "--name", "bench", "--scope", "items:read")}


def with_basic(server: Server) -> dict[str, str]:
    """Set a password, to be sent with every request."""
    set_password(server)
    return {"Authorization": f"Basic {BASIC}"}


def with_session(server: Server) -> dict[str, str]:
    """Begin a session as a login at a provider would: only what follows it is measured."""
    python = server.command[0]
    line = [python, "-c", SESSION.format(package=SLUG, email=EMAIL)]
    return bearer(subprocess.check_output(line, cwd=server.folder, env=server.environment, text=True).split()[-1])


SESSION = """
import asyncio, {package}.api
from sqlalchemy import select
from {package}.auth.tokens.service import start_session
from {package}.cli import opened_database
from {package}.users.models import User

async def main():
    async with opened_database() as database, database.transaction() as db:
        user_id = await db.scalar(select(User.id).where(User.email == "{email}"))
        return (await start_session(db, user_id)).access_token

print(asyncio.run(main()))
"""


def set_password(server: Server) -> None:
    """Set the account's password by a link of the command line."""
    code = command(server, "passwords", "link", EMAIL)
    post(server, "/auth/reset-password", JSON, json.dumps({"token": code, "new_password": PASSWORD}))


def bearer(token: str) -> dict[str, str]:
    """Return the header of an access token."""
    return {"Authorization": f"Bearer {token}"}


def post(server: Server, path: str, media_type: str, body: str) -> dict[str, str]:
    """Send a body and return the answer."""
    request = Request(server.url(path), body.encode(), {"Content-Type": media_type})  # noqa: S310 - our own loopback address
    with urlopen(request, timeout=30) as response:  # noqa: S310 - our own loopback address
        answer: dict[str, str] = json.loads(response.read() or b"{}")
        return answer


# CELLS


def measure(servers: Mapping[str, Server], seconds: float, number: int) -> dict[str, float]:
    """Measure every cell once."""
    found: dict[str, float] = {}
    for cell, value in cells(servers, seconds):
        found[cell] = value
        print(f"round {number}: {cell} {value:.4g}", file=sys.stderr, flush=True)
    return found


def cells(servers: Mapping[str, Server], seconds: float) -> Iterator[tuple[str, float]]:
    """Yield each cell and its value."""
    for name, server in servers.items():
        yield from both(f"{ME} {name}", load(server, "/users/me", seconds))
    for name in (SIGNED, RIVAL):
        yield from both(f"{LOGIN} {name}", log_in(servers[name], seconds))
    yield from both(REFRESH, refresh(servers[SIGNED], seconds))
    yield IDLE, pace(servers[SIGNED], seconds)
    yield BUSY, pace_while_logging_in(servers[SIGNED], seconds)
    for name in (BARE, SIGNED, OPAQUE):
        yield f"{START} {name}", start_time(servers[name])
        yield f"{MEMORY} {name}", resident(servers[name])


def both(cell: str, found: Load) -> Iterator[tuple[str, float]]:
    """Yield the result of a load, as requests per second and as processor time."""
    yield cell, found.a_second
    yield cell + CPU, found.cpu


def load(server: Server, path: str, seconds: float, *words: str, connections: int = CONNECTIONS) -> Load:
    """Load one address as fast as it goes. Stops everything when an answer is not a success."""
    before = cpu_time(server)
    output = subprocess.check_output(wrk(server, path, seconds, *words, connections=connections), text=True)
    requests, microseconds = succeeded(server, path, output)
    return Load(a_second=requests * 1e6 / microseconds, cpu=(cpu_time(server) - before) * 1e6 / requests)


def succeeded(server: Server, path: str, output: str) -> tuple[int, int]:
    """Return how many requests a load was, and its microseconds. Stops everything when an answer is not a success."""
    requests, microseconds, broken = map(int, output.split("RESULT ")[1].split())
    if broken:
        sys.exit(f"{broken} of {requests} requests to {path} of {server.name} failed.")
    return requests, microseconds


def cpu_time(server: Server) -> float:
    """Return the seconds of processor time that a server has used."""
    ticks = Path(f"/proc/{server.processes[0].pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def wrk(server: Server, path: str, seconds: float, *words: str, connections: int) -> list[str]:
    """Return the command that loads an address."""
    # Not with a login: logging in ends the session that it is sent from.
    sent = {} if words else server.headers
    headers = [word for name, value in sent.items() for word in ("-H", f"{name}: {value}")]
    # One thread for each refresh token, since only threads have state of their own; otherwise one is enough.
    threads = connections if words[:1] == ("refresh",) else 1
    how = [f"-t{threads}", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "30s", "-s", str(SERVERS / "load.lua")]
    return [*pinned(1), "wrk", *how, *headers, server.url(path), "--", *words]


def log_in(server: Server, seconds: float) -> Load:
    """Log in over and over, four at a time."""
    path, media_type, body = server.login
    return load(server, path, seconds, "post", media_type, body, connections=4)


def refresh(server: Server, seconds: float) -> Load:
    """Trade refresh tokens, eight sessions at a time."""
    tokens = [post(server, *server.login)["refresh_token"] for _ in range(8)]
    return load(server, "/auth/refresh", seconds, "refresh", *tokens, connections=len(tokens))


def pace(server: Server, seconds: float) -> float:
    """Ask for the account at a walking pace; return the 99th percentile of the answers' times, in ms."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    deadline, times = time.monotonic() + seconds, list[float]()
    while time.monotonic() < deadline:
        began = time.perf_counter()
        connection.request("GET", "/users/me", headers=server.headers)
        connection.getresponse().read()
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.005)
    return quantiles(times, n=100)[98]


def pace_while_logging_in(server: Server, seconds: float) -> float:
    """Return the same while four clients log in without a pause."""
    path, media_type, body = server.login
    command = wrk(server, path, seconds + 1, "post", media_type, body, connections=4)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as others:
        time.sleep(0.5)
        p99 = pace(server, seconds)
        succeeded(server, path, others.communicate()[0])
    return p99


def start_time(server: Server) -> float:
    """Start another copy of the server; return the seconds until its first answer."""
    port, began = free_port(), time.perf_counter()
    process = launch(server, port)
    seconds = time.perf_counter() - began
    stop(process)
    return seconds


def resident(server: Server) -> float:
    """Return the memory that a server occupies, in MB."""
    status = Path(f"/proc/{server.processes[0].pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


# TABLE


def table(rounds: list[dict[str, float]]) -> str:
    """Return the table as text."""
    head = f"{'':44} {'median':>12} {'ratio':>7} {'(spread)':>15} {'by CPU':>7} {'floor':>7} {'goal':>6}"
    return "\n".join([head, *(line(row, rounds) for row in ROWS)])


def line(row: Row, rounds: list[dict[str, float]]) -> str:
    """Return one line: the median, the median and the extremes of its ratio, and the ratio of processor times.

    Where the two ratios differ, the machine was busy with something else: then trust the processor times.
    """
    text = f"{row.label:44} {median(each[row.cell] for each in rounds):>9.4g}{row.unit:3}"
    if not row.against:
        return text
    ratios = sorted(each[row.cell] / each[row.against] for each in rounds)
    spread, cpu = f"({ratios[0]:.2f}-{ratios[-1]:.2f})", by_cpu(row, rounds)
    shown = f"{cpu:.2f}" if cpu else ""
    return f"{text} {median(ratios):>7.2f} {spread:>15} {shown:>7} {verdict(row, cpu or median(ratios))}"


def by_cpu(row: Row, rounds: list[dict[str, float]]) -> float | None:
    """Return the ratio of the processor times, for what is counted in requests."""
    if row.cell + CPU not in rounds[0]:
        return None
    return median(each[row.against + CPU] / each[row.cell + CPU] for each in rounds)


def verdict(row: Row, ratio: float) -> str:
    """Return which of the two bounds are met."""
    if row.floor is None or row.goal is None:
        return ""
    met = [ratio <= bound if row.less_is_better else ratio >= bound for bound in (row.floor, row.goal)]
    words = "goal met" if met[1] else "floor met" if met[0] else "NOT MET"
    return f"{row.floor:>7} {row.goal:>6} {words}"


if __name__ == "__main__":
    main()

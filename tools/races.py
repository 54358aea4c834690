"""Race requests against each other over several worker processes: `make races`.

A hundred times: twenty refreshes of one token, twenty uses of one reset code, twenty sign-ups of one address, and more
logins than the limit allows, each at once and spread over the workers. Exactly the allowed number may succeed. Then:
what one worker ends must take effect on the very next request to another one.

--method oauth2_password     random access tokens instead of signed ones
--database sqlite --redis    what the project keeps its data in; servers of our own are started
--rounds 100  --workers 4
"""

import asyncio
import secrets
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import httpx2

from .servers import MissingProgramError
from .workers import Project, parser, served

AT_ONCE = 20
LIMIT = 5
"""Logins that the limit allows in a window, for an account and address."""
PASSWORD = "a long enough secret of somebody"  # noqa: S105 - made up here, for an account that goes away
UNLIMITED = {f"LIMIT_{name}": "1000000/minute" for name in ("LOGIN", "MAIL", "MAIL_ACCOUNT", "TOKEN")}
CHEAP_HASHES = {"ARGON2_MEMORY_KIB": "8", "ARGON2_TIME_COST": "1"}
"""With a hash of a tenth of a second, rivals would reach what they race for one after another."""
SETTINGS = UNLIMITED | CHEAP_HASHES | {"LIMIT_LOGIN_ACCOUNT": f"{LIMIT}/hour", "SESSIONS_PER_USER": "1000000"}


@dataclass(frozen=True)
class Way:
    """How a method's clients log in and refresh."""

    login: str
    refresh: str
    encoding: str
    name: str
    refused: int

    def log_in(self, email: str) -> dict[str, Any]:
        """Return what httpx sends to log in."""
        return self._encoded({self.name: email, "password": PASSWORD}, "password")

    def renew(self, token: str) -> dict[str, Any]:
        """Return what httpx sends to refresh."""
        return self._encoded({"refresh_token": token}, "refresh_token")

    def _encoded(self, body: dict[str, str], grant_type: str) -> dict[str, Any]:
        return {self.encoding: body | ({"grant_type": grant_type} if self.encoding == "data" else {})}


WAYS = {
    "jwt": Way("/auth/login", "/auth/refresh", "json", "email", 401),
    "oauth2_password": Way("/auth/token", "/auth/token", "data", "username", 400),
}


@dataclass
class Racer:
    """Somebody who calls every worker at once."""

    project: Project
    client: httpx2.AsyncClient
    failures: list[str] = field(default_factory=list)
    power: dict[str, str] = field(default_factory=dict)
    """The header of an administrator, once there is one."""

    @property
    def way(self) -> Way:
        return WAYS[self.project.method]

    async def at_once(self, count: int, path: str, content: dict[str, Any]) -> list[httpx2.Response]:
        """Send one request many times at once, spread over the workers."""
        urls = [worker.url for worker, _ in zip(cycle(self.project.workers), range(count), strict=False)]
        return await asyncio.gather(*(self.client.post(url + path, **content) for url in urls))

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Note what is wrong."""
        if found != wanted:
            self.failures.append(f"{what}: {found} instead of {wanted}")

    async def log_in(self, email: str, worker: int = 0) -> dict[str, Any]:
        """Log in at a worker, and return the tokens."""
        url = self.project.workers[worker].url
        answer = await self.client.post(url + self.way.login, **self.way.log_in(email))
        tokens: dict[str, Any] = answer.raise_for_status().json()
        return tokens

    async def become_administrator(self) -> None:
        """Create an administrator and log in."""
        email = f"{secrets.token_hex(6)}@example.com"
        await asyncio.to_thread(self.project.create_account, email, PASSWORD, "--admin")
        self.power = bearer((await self.log_in(email))["access_token"])


Race = Callable[[Racer], Awaitable[None]]


async def refreshes(racer: Racer) -> None:
    """One token, twenty refreshes: one success, and then the family is dead."""
    email = await fresh_account(racer)
    token = (await racer.log_in(email))["refresh_token"]
    answers = await racer.at_once(AT_ONCE, racer.way.refresh, racer.way.renew(token))
    racer.expect("refreshes", statuses(answers), {200: 1, racer.way.refused: AT_ONCE - 1})
    access = next(answer.json()["access_token"] for answer in answers if answer.is_success)
    racer.expect("the family after reuse", (await me(racer, access)).status_code, 401)


async def resets(racer: Racer) -> None:
    """One code, twenty uses: one success."""
    email = await fresh_account(racer)
    code = await mailed(racer, email, "/auth/forgot-password", {"email": email})
    body = {"token": code, "new_password": f"{PASSWORD} {secrets.token_hex(4)}"}
    answers = await racer.at_once(AT_ONCE, "/auth/reset-password", {"json": body})
    racer.expect("uses of a reset code", statuses(answers), {204: 1, 400: AT_ONCE - 1})


async def sign_ups(racer: Racer) -> None:
    """One address, twenty sign-ups: twenty times 202, and one account, whichever codes are used."""
    email = f"{secrets.token_hex(6)}@example.com"
    answers = await racer.at_once(AT_ONCE, "/auth/register", {"json": {"email": email, "password": PASSWORD}})
    racer.expect("sign-ups", statuses(answers), {202: AT_ONCE})
    codes = await mails(racer, email, AT_ONCE)
    bodies = [{"token": code, "password": PASSWORD} for code in codes]
    used = [answer for body in bodies for answer in await racer.at_once(4, "/auth/verify-email", {"json": body})]
    racer.expect("accounts of one address", statuses(used)[204], 1)
    await racer.log_in(email)


async def logins(racer: Racer) -> None:
    """More logins at once than the limit allows: the limit's number gets through to the password."""
    email = await fresh_account(racer)
    answers = await racer.at_once(LIMIT + 10, racer.way.login, racer.way.log_in(email))
    racer.expect("logins", statuses(answers), {200: LIMIT, 429: 10})


async def ends_everywhere(racer: Racer) -> None:
    """A logout, a disabled account and a removed role at one worker take effect on the next request to any other."""
    for end in (log_out, demote, disable):
        token = (await racer.log_in(await fresh_account(racer), 1))["access_token"]
        await warm(racer, token)
        wanted = await end(racer, token)
        others = [await listing(racer, token, worker) for worker in range(len(racer.project.workers))]
        racer.expect(end.__name__, {answer.status_code for answer in others}, {wanted})


async def log_out(racer: Racer, token: str) -> int:
    """End the session at worker 0."""
    (await racer.client.post(f"{first(racer)}/auth/logout", headers=bearer(token))).raise_for_status()
    return 401


async def demote(racer: Racer, token: str) -> int:
    """Take the role away at worker 0."""
    await change(racer, token, {"roles": []})
    return 403


async def disable(racer: Racer, token: str) -> int:
    """Disable the account at worker 0."""
    await change(racer, token, {"is_active": False})
    return 401


RACES: tuple[Race, ...] = (refreshes, resets, sign_ups, logins, ends_everywhere)


async def fresh_account(racer: Racer) -> str:
    """Sign somebody up, and return the address."""
    email = f"{secrets.token_hex(6)}@example.com"
    code = await mailed(racer, email, "/auth/register", {"email": email, "password": PASSWORD})
    proof = {"token": code, "password": PASSWORD}
    (await racer.client.post(f"{first(racer)}/auth/verify-email", json=proof)).raise_for_status()
    return email


async def mailed(racer: Racer, email: str, path: str, body: dict[str, str]) -> str:
    """Ask for a mail and return the code in it."""
    before = len(racer.project.mailed_codes(email))
    (await racer.client.post(first(racer) + path, json=body)).raise_for_status()
    return (await mails(racer, email, before + 1))[-1]


async def mails(racer: Racer, email: str, count: int) -> list[str]:
    """Return the codes of so many mails, once they have come."""
    async with asyncio.timeout(30):
        while len(codes := racer.project.mailed_codes(email)) < count:
            await asyncio.sleep(0.05)
    return codes


async def me(racer: Racer, token: str, worker: int = 0) -> httpx2.Response:
    """Ask who the token speaks for."""
    return await racer.client.get(f"{racer.project.workers[worker].url}/users/me", headers=bearer(token))


async def listing(racer: Racer, token: str, worker: int) -> httpx2.Response:
    """Ask for what needs a scope."""
    return await racer.client.get(f"{racer.project.workers[worker].url}/items", headers=bearer(token))


async def warm(racer: Racer, token: str) -> None:
    """Let the token succeed at every worker, so that each remembers whatever it can."""
    for worker in range(len(racer.project.workers)):
        racer.expect("before the end", (await listing(racer, token, worker)).status_code, 200)


async def change(racer: Racer, token: str, body: dict[str, Any]) -> None:
    """Change the account that a token speaks for, as its administrator."""
    account = (await me(racer, token)).raise_for_status().json()["id"]
    (await racer.client.patch(f"{first(racer)}/users/{account}", json=body, headers=racer.power)).raise_for_status()


def first(racer: Racer) -> str:
    """Return where the first worker is."""
    return racer.project.workers[0].url


def bearer(token: str) -> dict[str, str]:
    """Return the header of an access token."""
    return {"Authorization": f"Bearer {token}"}


def statuses(answers: Iterable[httpx2.Response]) -> Counter[int]:
    """Count the answers by status."""
    return Counter(answer.status_code for answer in answers)


async def run(project: Project, rounds: int, only: str) -> list[str]:
    """Run every race so many times; return what was not as it must be."""
    async with httpx2.AsyncClient(timeout=60, limits=httpx2.Limits(max_connections=100)) as client:
        racer = Racer(project, client)
        await racer.become_administrator()
        for number in range(1, rounds + 1):
            for race in (race for race in RACES if only in race.__name__):
                await race(racer)
            print(f"\rround {number} of {rounds}, {len(racer.failures)} failures", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return racer.failures


def main() -> None:
    """Run the races on the storage that was asked for; end with 1 when one was lost."""
    words = parser(__doc__)
    words.add_argument("--rounds", type=int, default=100)
    words.add_argument("--only", default="")
    options = words.parse_args()
    try:
        with served(options, **SETTINGS) as project:
            failures = asyncio.run(run(project, options.rounds, options.only))
    except MissingProgramError as missing:
        sys.exit(str(missing))
    print(*failures, f"{options.rounds} rounds, {len(failures)} failures.", sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()

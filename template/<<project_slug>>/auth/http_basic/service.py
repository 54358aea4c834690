"""Find out who sent these credentials: one hash if they are new, none if they matched a moment ago."""

import asyncio
from typing import Any

from sqlalchemy import Row, bindparam, select
from starlette.requests import HTTPConnection

from ...audit.events import Event
from ...clock import now
from ...db import Database, database_of
from ...errors import AppError
from ...limits import service as limits
from ...mail.outbox import Outbox, outbox_of
from ...middleware.cross_site import REFUSAL, is_foreign
from ...users.email import canonical
from ...users.models import User
from ..accounts import ACCOUNT_COLUMNS, account_of, is_usable
from ..lookup import JoinedLookup, row_query
from ..passwords import login
from ..passwords.models import Password
from ..principal import Principal
from ..scopes import scopes_of
from .header import credentials, refusal
from .memory import PasswordMemory
from .settings import HttpBasicSettings

METHOD = "http_basic"

_BY_ADDRESS = (
    select(User.email_key, Password.hash, *ACCOUNT_COLUMNS)
    .join(Password)
    .where(User.email_key.in_(bindparam("keys", expanding=True)), is_usable())
)


def lookup(database: Database) -> JoinedLookup[str, Row[Any]]:
    """Return the joined lookup of accounts and stored hashes by canonical address."""
    return JoinedLookup(row_query(database, _BY_ADDRESS, "email_key"))


class ForeignPage(AppError):
    """Another site's page made a browser send these: by a link with a password in it, each read would be a guess."""

    status, code, detail = REFUSAL
    event = Event.REQUEST_REFUSED


async def authenticate(request: HTTPConnection) -> Principal | None:
    """Return the caller; None without Basic credentials.

    Raises InvalidCredential, TooManyRequests and Unavailable, like a login (BA-1), and ForeignPage. There is no session
    (BA-2).
    """
    sent = credentials(request)
    if sent is None:
        return None
    if is_foreign(request.headers):
        raise ForeignPage
    address, password = sent
    database, key = database_of(request), canonical(address)
    row = await database.part(lookup).get(key)
    if row is None or not database.part(Proofs).remembers(key, password, row.hash):
        matched = await database.part(Proofs).prove(outbox_of(request), address, password)
        # Looked up again: the account or password may have changed during the hash, or before this request joined it.
        row = await database.part(lookup).get(key)
        if row is None or row.hash != matched:
            raise refusal()
    account = account_of(row)
    return Principal(
        account=account,
        scopes=scopes_of(account.roles),
        method=METHOD,
        credential=f"{METHOD}:{account.id}",
        logged_in_at=now(),
    )


class Proofs:
    """Comparisons with stored hashes: those in progress and those that matched. Belongs to one event loop.

    A client sends its password unprompted, so a success may come at any time and resets the account's failures in a row
    (NIST 800-63B-4, 3.2.2). Guesses alongside such a client are bounded per network by `limit_login_account`, whoever
    succeeds, and from all networks by `limit_login_failures` between two successes, of which the owner is told.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._memory = PasswordMemory(HttpBasicSettings.get().basic_memory_seconds)
        self._running: dict[bytes, asyncio.Task[str]] = {}

    def remembers(self, key: str, password: str, stored: str) -> bool:
        """Tell whether the password, from this network, matched this very hash a moment ago."""
        return self._memory.knows((limits.client_network(), key), self._memory.tag(password, stored))

    async def prove(self, outbox: Outbox, address: str, password: str) -> str:
        """Return the stored hash that matches, compared once for all requests of a network that ask at the same time.

        Raises InvalidCredential, TooManyRequests, Unavailable.
        """
        # Before anything is awaited: the limits must also apply to a right guess made alongside the owner, or sent
        # together with this one.
        self._memory.forget((limits.client_network(), canonical(address)))
        same = self._memory.tag(limits.client_network(), address, password)
        task = self._running.get(same)
        if task is None:
            task = self._running[same] = asyncio.create_task(self._compare(outbox, address, password))
            task.add_done_callback(lambda done: self._ended(same, done))
        # Shielded: a client that hangs up cancels its own wait, not the others'.
        return await asyncio.shield(task)

    def _ended(self, same: bytes, done: asyncio.Task[str]) -> None:
        del self._running[same]
        _ = done.cancelled() or done.exception()  # marks the error as seen: its waiters may have hung up

    async def _compare(self, outbox: Outbox, address: str, password: str) -> str:
        database, key = self._database, canonical(address)
        await limits.hit_address(database, "login")
        try:
            async with login.authenticate(database, outbox, address, password, method=METHOD) as (db, user_id):
                # Read in the transaction that confirmed it: a hash stored by a later change was never compared.
                stored = (await db.scalars(select(Password.hash).where(Password.user_id == user_id))).one()
        except login.WrongPassword:
            raise refusal() from None
        self._memory.remember((limits.client_network(), key), self._memory.tag(password, stored))
        await self._take_back(key)
        return stored

    async def _take_back(self, key: str) -> None:
        # Each worker compares for itself: matches must not add up to a refusal. Only this match is taken back: a reset
        # count would give an attacker five more guesses at each of the owner's requests.
        await limits.count(self._database, "login_account", key, limits.client_network(), uses=-1)
        await limits.count(self._database, "login", limits.client_network(), uses=-1)

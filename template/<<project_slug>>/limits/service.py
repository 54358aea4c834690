"""Count, and refuse with 429 when a limit is reached."""

import math
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from fastapi import Depends, Request
from limits.aio.strategies import FixedWindowRateLimiter

from ..audit.events import Event, log_event
from ..clock import now
from ..db import Database, database_of
from ..errors import TooManyRequests
from ..middleware.request_context import client_address
from .settings import LimitSettings
from .store import DatabaseStorage


def limiter_of(database: Database) -> FixedWindowRateLimiter:
    """Return the limiter over the app's store."""
    return database.part(_make)


def _make(database: Database) -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(DatabaseStorage(database))


async def hit(database: Database, name: str, *who: str) -> None:
    """Count one use of `limit_<name>` by whom the words identify. Raises TooManyRequests beyond it.

    Pass canonical words: a limit per spelling is no limit (ST-12).
    """
    if await count(database, name, *who) > amount(name):
        log_event(Event.LIMIT_EXCEEDED, limit=name)
        raise TooManyRequests(await _seconds_left(limiter_of(database), name, *who))


async def count(database: Database, name: str, *who: str) -> int:
    """Count one use without refusing; return how many there are in the running window."""
    item = LimitSettings.get().item(name)
    return await limiter_of(database).storage.incr(item.key_for(name, *who), item.get_expiry())


def amount(name: str) -> int:
    """Return how many uses `limit_<name>` allows in a window."""
    return LimitSettings.get().item(name).amount


async def uncount(database: Database, name: str, *who: str) -> None:
    """Take one use back that turned out to be none."""
    item = LimitSettings.get().item(name)
    await limiter_of(database).storage.incr(item.key_for(name, *who), item.get_expiry(), -1)


async def forget(database: Database, name: str, *who: str) -> None:
    """Start the count anew, for instance after a success."""
    await limiter_of(database).clear(LimitSettings.get().item(name), name, *who)


async def _seconds_left(limiter: FixedWindowRateLimiter, name: str, *who: str) -> int:
    stats = await limiter.get_window_stats(LimitSettings.get().item(name), name, *who)
    return math.ceil(stats.reset_time - now().timestamp())


async def hit_address(database: Database, name: str) -> None:
    """Count one use of `limit_<name>` by the client's address. Raises TooManyRequests beyond it."""
    await hit(database, name, client_network())


def limit(name: str) -> Any:
    """Return a route dependency that counts `limit_<name>` by the client's address.

    For instance `@router.post("/login", dependencies=[PUBLIC, limit("login")])`.
    """

    async def count_address(request: Request) -> None:
        await hit_address(database_of(request), name)

    return Depends(count_address)


def client_network() -> str:
    """Return what the client of this request is counted by."""
    return network_of(client_address())


def network_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 network that one IPv6 customer has at hand."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)

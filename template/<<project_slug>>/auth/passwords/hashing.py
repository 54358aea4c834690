"""Password hashes: Argon2id in PHC strings, computed off the event loop.

A hash takes about 30 ms of one core and 19 MiB on purpose. One low-priority thread computes all of them: however many
people sign in, other requests are still answered and memory stays flat. Its queue is short (ASVS 15.2.2).
"""

import asyncio
import logging
import os
import secrets
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from passlib.context import CryptContext
from passlib.registry import get_crypt_handler

from ...errors import Misbuilt, Unavailable
from .. import own

log = logging.getLogger(__name__)

T = TypeVar("T")

_ON_LINUX = sys.platform == "linux"  # elsewhere threads have no own priority, and the id may be some process's


def _checked(names: Sequence[str]) -> Sequence[str]:
    """Raise Misbuilt for a format that passlib cannot read, or that would take what locks an account for a hash."""
    for name in (names,) if isinstance(names, str) else names:
        try:
            handler = get_crypt_handler(name)
            getattr(handler, "get_backend", bool)()  # raises if its library is missing
            is_readable = isinstance(names, tuple) and not handler.identify("!")
        except (KeyError, ImportError, RuntimeError):
            is_readable = False
        if not is_readable:
            raise Misbuilt(f"auth/own.py: OLD_HASHES must be a tuple of passlib's names, and {name!r} cannot be read.")
    return names


OLD_HASHES = _checked(getattr(own, "OLD_HASHES", ()))  # an older `own.py` has none


class PasswordHasher:
    """Hashes and verifies passwords, `threads` at a time, with up to `max_waiting` more in the queue.

    What has not begun after `patience` seconds is given up. `memory_cost` (KiB) and `time_cost` (passes) are Argon2's.
    Changing them upgrades each stored hash at its owner's next login. Meant for one event loop at a time. If a running
    computation is cancelled, its result is dropped.
    """

    def __init__(
        self, *, memory_cost: int, time_cost: int, threads: int = 1, max_waiting: int = 64, patience: float = 5
    ) -> None:
        self._context = CryptContext(
            schemes=list(dict.fromkeys(("argon2", *OLD_HASHES))),
            deprecated="auto",
            argon2__type="ID",
            argon2__memory_cost=memory_cost,
            argon2__time_cost=time_cost,
            argon2__parallelism=1,  # more lanes start threads of their own, at full priority
        )
        self._decoy = _decoy(memory_cost, time_cost)
        self._places = threads + max_waiting
        self._patience = patience
        self._executor = ThreadPoolExecutor(threads, "hashing", initializer=_step_back if _ON_LINUX else None)

    async def hash(self, password: str) -> str:
        """A new PHC string with its own random salt. The whole password counts, NUL characters too (CS PW-3).

        Raises Unavailable, and ValueError for lone surrogates (not UTF-8) and for more than passlib's 4096 characters.
        """
        return await self._run(lambda: self._hash(password))

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether `password` made `stored`, and if so the hash to store instead when that one is outdated (CS PW-1).

        `stored` is None for an unknown user or one without a password. None, an unreadable hash and a password that
        cannot be encoded give False, at the cost of a real comparison. Raises Unavailable.
        """
        return await self._run(lambda: self._verify(password, stored))

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._places:
            raise _busy()
        self._places -= 1
        try:
            return await self._answer(self._executor.submit(work))
        finally:
            self._places += 1

    async def _answer(self, future: Future[T]) -> T:
        result = asyncio.wrap_future(future)
        try:
            await asyncio.wait([result], timeout=self._patience)
            # Only what is still in the queue can be cancelled. Nobody tells of a client that has hung up: for its hash,
            # all others would wait. What has begun is answered: the time is spent.
            if future.cancel():
                raise _busy()
            return await result
        finally:
            result.cancel()

    def _hash(self, password: str) -> str:
        try:
            # A salt of 128 random bits (RFC 9106, 3.1): only 53 of passlib's own 128 are random.
            hashed: str = self._context.handler().using(salt=secrets.token_bytes(16)).hash(password)
            return hashed
        except UnicodeEncodeError:
            # Not the original error: it holds the password, and its repr would reach a log.
            raise ValueError("password is not valid Unicode") from None

    def _verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        with suppress(ValueError):  # passlib raises it for invalid hashes and passwords
            if stored is not None:
                return self._compare(password, stored)
        # Without this, the response time would reveal which accounts exist (ASVS 6.3.8).
        self._context.verify("", self._decoy)
        return False, None

    def _compare(self, password: str, stored: str) -> tuple[bool, str | None]:
        if not self._context.verify(password, stored):
            return False, None
        return True, self._hash(password) if self._context.needs_update(stored) else None


def _busy() -> Unavailable:
    log.warning("hashing_busy")
    return Unavailable()


def _step_back() -> None:
    """Lower this thread's priority. Without it a light request waits up to ten times as long while people sign in."""
    with suppress(OSError):  # forbidden in some sandboxes; an error here would break the pool for good
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


def _decoy(memory_cost: int, time_cost: int) -> str:
    """A hash that costs as much to verify as a current one and that no known password matches. Made without hashing."""
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={memory_cost},t={time_cost},p=1${salt}${digest}"

"""Mails on their way from a request to the mail server.

The answer never waits for the server: its timing would reveal whether an account exists (CS FP-1). Mails are kept in
memory: when the process dies, unsent ones are lost, and their recipients have to ask again.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from starlette.requests import HTTPConnection

from ..audit.events import Event, log_event
from . import console, smtp
from .messages import Message, Undeliverable
from .settings import MailSettings

Carry = Callable[[Message], Awaitable[None]]
TRANSPORTS: dict[str, Carry] = {"console": console.carry, "smtp": smtp.carry}
TRIES = 3
PATIENCE = 5
"""Seconds that mails have at shutdown; what is left then is lost."""


class Outbox:
    """Mails under way, at most 1000; beyond that, new ones are dropped and the loss is logged."""

    def __init__(self, carry: Carry, *, size: int = 1000, pause: float = 10) -> None:
        """`pause` is in seconds: the second try waits for it once, the third one twice."""
        self._carry = carry
        self._size = size
        self._pause = pause
        self._turn = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()

    def send(self, message: Message | None) -> None:
        """Send a mail, if there is one, and return at once. After the commit: none must report what was rolled back.

        From `async` functions only: others have no event loop.
        """
        if message is None:
            return
        if len(self._under_way) >= self._size:
            _log(message, level=logging.ERROR, reason="queue is full")
            return
        task = asyncio.create_task(self._deliver(message))  # in the context of its request, which is named if it fails
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def wait(self, seconds: float | None = None) -> None:
        """Return when every mail is delivered or given up. After so many seconds, the rest is lost."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._under_way:
                    await asyncio.wait(self._under_way)
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            log_event(Event.MAIL_FAILED, level=logging.ERROR, reason="stopped before the queue was empty")

    async def _deliver(self, message: Message) -> None:
        for attempt in range(1, TRIES + 1):
            # One mail at a time, in order. One that failed waits for its next try beside the others: in front of them,
            # a few recipients whose servers are slow to accept would hold back everybody else's mail.
            async with self._turn:
                if await self._is_done(message, attempt):
                    return
            await asyncio.sleep(self._pause * attempt)

    async def _is_done(self, message: Message, attempt: int) -> bool:
        try:
            await self._carry(message)
        except Undeliverable:
            _log(message, reason="refused", attempt=attempt)
        except Exception as error:
            # The type only: a mail server's error text quotes addresses.
            level = logging.INFO if attempt < TRIES else logging.ERROR
            _log(message, level=level, reason=type(error).__name__, attempt=attempt)
            return attempt == TRIES
        return True


def _log(message: Message, **fields: Any) -> None:
    log_event(Event.MAIL_FAILED, subject=message.subject, **fields)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Have mails sent while the app runs, and for up to PATIENCE at shutdown."""
    app.state.outbox = Outbox(TRANSPORTS[MailSettings.get().mail_transport])
    try:
        yield
    finally:
        await app.state.outbox.wait(PATIENCE)


def outbox_of(request: HTTPConnection) -> Outbox:
    """Return the app's outbox."""
    outbox: Outbox = request.app.state.outbox
    return outbox


async def _outbox(request: HTTPConnection) -> Outbox:
    return outbox_of(request)  # a coroutine: FastAPI would run anything else in a thread


Mails = Annotated[Outbox, Depends(_outbox)]

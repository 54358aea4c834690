"""A queue between the request and the mail server.

The answer never waits for the server: its timing would reveal whether an account exists (CS FP-1). The queue is in
memory: when the process dies, unsent mails are lost, and their recipients have to ask again.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
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
    """Queued mails, at most 1000; beyond that, new ones are dropped and the loss is logged."""

    def __init__(self, carry: Carry, *, size: int = 1000, pause: float = 10) -> None:
        """`pause` is in seconds: the second try waits for it once, the third one twice."""
        self._carry = carry
        self._pause = pause
        self._queue: asyncio.Queue[tuple[Message, Context, int]] = asyncio.Queue(size)

    def send(self, message: Message | None) -> None:
        """Queue a mail, if there is one, and return. After the commit: no mail must report what was rolled back."""
        if message is not None:
            self._put(message, copy_context(), 1)  # its request is named where it fails

    def _put(self, message: Message, context: Context, attempt: int) -> None:
        try:
            self._queue.put_nowait((message, context, attempt))
        except asyncio.QueueFull:
            _log(message, context, level=logging.ERROR, reason="queue is full")

    async def wait(self) -> None:
        """Return when every mail has been delivered or given up."""
        await self._queue.join()

    async def run(self) -> None:
        """Deliver mails, one after another, for ever. One that fails waits for its next try beside the queue.

        In front of it, a few recipients whose servers are slow to accept would hold back everybody else's mail.
        """
        while True:
            message, context, attempt = await self._queue.get()
            if await self._is_done(message, context, attempt) or attempt == TRIES:
                self._queue.task_done()
            else:
                pause = self._pause * attempt
                asyncio.get_running_loop().call_later(pause, self._put_again, message, context, attempt + 1)

    def _put_again(self, message: Message, context: Context, attempt: int) -> None:
        self._put(message, context, attempt)
        self._queue.task_done()  # not before: `wait` would return too early

    async def _is_done(self, message: Message, context: Context, attempt: int) -> bool:
        try:
            await self._carry(message)
        except Undeliverable:
            _log(message, context, reason="refused", attempt=attempt)
        except Exception as error:
            # The type only: a mail server's error text quotes addresses.
            level = logging.INFO if attempt < TRIES else logging.ERROR
            _log(message, context, level=level, reason=type(error).__name__, attempt=attempt)
            return False
        return True


def _log(message: Message, context: Context, **fields: Any) -> None:
    context.run(log_event, Event.MAIL_FAILED, subject=message.subject, **fields)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Deliver mails while the app runs, and for up to PATIENCE at shutdown."""
    app.state.outbox = Outbox(TRANSPORTS[MailSettings.get().mail_transport])
    task = asyncio.create_task(app.state.outbox.run())
    try:
        yield
        await _drain(app.state.outbox)
    finally:
        task.cancel()


async def _drain(outbox: Outbox) -> None:
    try:
        await asyncio.wait_for(outbox.wait(), timeout=PATIENCE)
    except TimeoutError:
        log_event(Event.MAIL_FAILED, level=logging.ERROR, reason="stopped before the queue was empty")


def outbox_of(request: HTTPConnection) -> Outbox:
    """Return the app's outbox."""
    outbox: Outbox = request.app.state.outbox
    return outbox


async def _outbox(request: HTTPConnection) -> Outbox:
    return outbox_of(request)  # a coroutine: FastAPI would run anything else in a thread


Mails = Annotated[Outbox, Depends(_outbox)]

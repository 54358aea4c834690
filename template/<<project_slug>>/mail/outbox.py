"""A queue between the request and the mail server.

The answer never waits for the server: its timing would reveal whether an account exists (CS FP-1). The queue is in
memory: when the process dies, unsent mails are lost, and their recipients have to ask again.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from ..audit.events import Event, log_event
from . import console, smtp
from .messages import Message, Undeliverable
from .settings import MailSettings

Carry = Callable[[Message], Awaitable[None]]
TRANSPORTS: dict[str, Carry] = {"console": console.carry, "smtp": smtp.carry}
TRIES = 3


class Outbox:
    """Queued mails, at most 1000; beyond that, new ones are dropped and the loss is logged."""

    def __init__(self, carry: Carry, *, size: int = 1000, pause: float = 1) -> None:
        self._carry = carry
        self._pause = pause
        self._queue: asyncio.Queue[Message] = asyncio.Queue(size)

    def send(self, message: Message | None) -> None:
        """Queue a mail, if there is one, and return. After the commit: no mail must report what was rolled back."""
        if message is None:
            return
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            log_event(Event.MAIL_FAILED, reason="queue is full")

    async def wait(self) -> None:
        """Return when every mail has been delivered or given up."""
        await self._queue.join()

    async def run(self) -> None:
        """Deliver mails, one after another, for ever."""
        while True:
            message = await self._queue.get()
            await self._try(message)
            self._queue.task_done()

    async def _try(self, message: Message) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                await self._carry(message)
            except Undeliverable:
                # One recipient's refusal must not hold back everybody else's mail.
                log_event(Event.MAIL_FAILED, reason="refused", attempt=attempt)
                return
            except Exception as error:
                # The type only: a mail server's error text quotes addresses.
                level = logging.INFO if attempt < TRIES else logging.ERROR
                log_event(Event.MAIL_FAILED, level=level, reason=type(error).__name__, attempt=attempt)
                await asyncio.sleep(self._pause * attempt if attempt < TRIES else 0)
            else:
                return


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Deliver mails while the app runs, and for up to five seconds at shutdown."""
    app.state.outbox = Outbox(TRANSPORTS[MailSettings.get().mail_transport])
    task = asyncio.create_task(app.state.outbox.run())
    try:
        yield
        await _drain(app.state.outbox)
    finally:
        task.cancel()


async def _drain(outbox: Outbox) -> None:
    try:
        await asyncio.wait_for(outbox.wait(), timeout=5)
    except TimeoutError:
        log_event(Event.MAIL_FAILED, reason="stopped before the queue was empty")


def outbox_of(request: Request) -> Outbox:
    """Return the app's outbox."""
    outbox: Outbox = request.app.state.outbox
    return outbox


async def _outbox(request: Request) -> Outbox:
    return outbox_of(request)  # a coroutine: FastAPI would run anything else in a thread


Mails = Annotated[Outbox, Depends(_outbox)]

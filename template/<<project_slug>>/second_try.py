"""A second try for requests whose transaction the database aborted in favour of another, such as after a deadlock."""

import asyncio
from contextvars import ContextVar

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import problem, unavailable

PAUSE = 0.05
"""Seconds before the second try: otherwise it could overtake the other transaction and deadlock with it again."""

MAY_TRY_AGAIN = ContextVar("may_try_again", default=False)
"""Whether to raise GivenUp. Otherwise it is the database's own error, which every route reports in its own format."""


def forbid_another(*_: object) -> None:
    """Forbid a second try of the request: it has committed something, or answered."""
    MAY_TRY_AGAIN.set(False)


class GivenUp(SQLAlchemyError):
    """A deadlock or a serialisation failure: the transaction is rolled back, and may succeed if it is run again."""


class SecondTry:
    """Run the request again, from its first byte. If that is aborted too, its route reports it like any other error.

    The first try leaves nothing behind, since one that has committed or answered gets no other. Only limits are counted
    twice.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # The router and the endpoint write into the scope: what they learned may have changed by the second try.
        as_it_came = {**scope, "state": {**scope.get("state", {})}}
        received: list[Message] = []

        async def remember() -> Message:
            received.append(await receive())
            return received[-1]

        async def send_for_good(message: Message) -> None:
            forbid_another()
            await send(message)

        try:
            await self._try(scope, remember, send_for_good)
        except GivenUp:
            await asyncio.sleep(PAUSE)
            scope.clear()
            scope.update(as_it_came)
            await self._try_again(scope, _replayed(received, receive), send)

    async def _try(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = MAY_TRY_AGAIN.set(True)
        try:
            await self._app(scope, receive, send)
        finally:
            MAY_TRY_AGAIN.reset(before)

    async def _try_again(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except GivenUp as error:  # of work that it shares with a request on its first try
            failed = unavailable(error)
            await problem(failed.status, failed.code, failed.detail, failed.headers)(scope, receive, send)


def _replayed(received: list[Message], receive: Receive) -> Receive:
    rest = iter(received)

    async def replay() -> Message:
        return next(rest, None) or await receive()

    return replay

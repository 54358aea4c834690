"""A second try for requests whose transaction the database gave up for a rival's: two that waited for each other."""

import asyncio
from contextvars import ContextVar
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAUSE = 0.05
"""Seconds before the second try: the rival, let go on a moment ago, would else be overtaken and waited for again."""

MAY_TRY_AGAIN = ContextVar("may_try_again", default=False)
"""Whether to raise GivenUp. Else it is the database's own error, which every route tells in its own words."""


class GivenUp(SQLAlchemyError):
    """A deadlock or a serialisation failure: the transaction is rolled back, and may succeed if it is run again."""


class SecondTry:
    """Run the request again, from its first byte. If that is given up too, its route says so as it says all else.

    What is run again has left nothing of the transaction behind. A limit is counted twice, and a one-time code that an
    earlier transaction took is refused, as it would be if the client came again.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received: list[Message] = []

        async def remember() -> Message:
            received.append(await receive())
            return received[-1]

        try:
            await self._try(scope, remember, send)
        except GivenUp:
            await asyncio.sleep(PAUSE)
            await self._app(_afresh(scope), _replayed(received, receive), send)

    async def _try(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = MAY_TRY_AGAIN.set(True)
        try:
            await self._app(_afresh(scope), receive, send)
        finally:
            MAY_TRY_AGAIN.reset(before)


def _afresh(scope: Scope) -> Scope:
    # Of its own to each try: what the first one learns of its caller may be over by the time of the second.
    return {**scope, "state": {**scope.get("state", {})}}


def _replayed(received: list[Message], receive: Receive) -> Any:
    rest = iter(received)

    async def replay() -> Message:
        return next(rest, None) or await receive()

    return replay

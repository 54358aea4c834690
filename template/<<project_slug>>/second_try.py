"""A second try for requests whose transaction the database aborted in favour of another, such as after a deadlock."""

import asyncio
from contextvars import ContextVar

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import answer_to, unavailable

PAUSE = 0.05
"""Seconds before the second try: otherwise it could overtake the other transaction and deadlock with it again."""


class FirstTry:
    """The first try of a request. One object for all of its tasks, which have copies of its context."""

    is_answered = False
    is_final = False
    """Whether something is committed or answered, which would be done twice, or the second try has begun."""


FIRST_TRY: ContextVar[FirstTry | None] = ContextVar("first_try", default=None)


def may_try_again() -> bool:
    """Whether to raise GivenUp. Otherwise it is the database's own error, which a route reports in its own format."""
    current = FIRST_TRY.get()
    return current is not None and not current.is_final


def forbid_another(*_: object) -> None:
    """Forbid a second try of the request; a listener for `commit`."""
    if current := FIRST_TRY.get():
        current.is_final = True


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
        first, received = FirstTry(), list[Message]()

        async def remember() -> Message:
            received.append(await receive())
            return received[-1]

        async def send_for_good(message: Message) -> None:
            first.is_final = first.is_answered = True
            await send(message)

        before = FIRST_TRY.set(first)
        try:
            try:
                await self._app(scope, remember, send_for_good)
            except GivenUp:
                if first.is_final:  # by another task of the same request
                    raise
                first.is_final = True
                await asyncio.sleep(PAUSE)
                scope.clear()
                scope.update(as_it_came)
                await self._app(scope, _replayed(received, receive), send_for_good)
        except GivenUp as error:
            # A second try has it from work that it shares with a request on its first one.
            if first.is_answered:
                raise
            await answer_to(unavailable(error))(scope, receive, send)
        finally:
            FIRST_TRY.reset(before)  # a request of this one's own, to this app, must not hide it


def _replayed(received: list[Message], receive: Receive) -> Receive:
    rest = iter(received)

    async def replay() -> Message:
        return next(rest, None) or await receive()

    return replay

"""A middleware of the owner's, and a page of their own for what is sold out."""

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class SoldOut(Exception):
    """There is no more of it."""


async def show_sold_out(_: Request, __: SoldOut) -> HTMLResponse:
    """Say so to people."""
    return HTMLResponse("<h1>Sold out</h1>", 410)


class Greeting:
    """Say where an answer comes from."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def greet(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-greeting", b"hello")]
            await send(message)

        await self._app(scope, receive, greet)

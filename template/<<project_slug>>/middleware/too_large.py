"""Bodies over their limit."""

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import errors

MOST, LONGEST = 8_388_608, 5
"""Bytes of a body that are read and dropped, and seconds."""


class TooLargeAsProblem:
    """Make 413 look like all other errors: where Content-Length is over the limit, Starlette answers in plain text.

    First it drops the rest of the body, within reason. A connection that is closed before that is reset, and a browser
    that still sends then sees no response at all (RFC 9112, section 9.6).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_replaced, is_read = False, False

        async def receive_and_note() -> Message:
            nonlocal is_read
            message = await receive()
            is_read = not message.get("more_body")
            return message

        async def send_or_replace(message: Message) -> None:
            nonlocal is_replaced
            if is_replaced:
                return
            if message["type"] == "http.response.start" and message["status"] == 413:
                if not is_read:
                    await _drop_rest(scope, receive)
                if is_replaced := _is_plain(message):
                    await errors.too_large()(scope, receive, send)
                    return
            await send(message)

        await self._app(scope, receive_and_note, send_or_replace)


async def _drop_rest(scope: Scope, receive: Receive) -> None:
    if "expect" in Headers(scope=scope):
        return  # to ask for the body would invite it
    left = MOST
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST):
            while left > 0 and (message := await receive()).get("more_body"):
                left -= len(message["body"])


def _is_plain(message: Message) -> bool:
    # A problem response with this status is the project's own: leave it as it is.
    return (b"content-type", errors.MEDIA_TYPE.encode()) not in message["headers"]

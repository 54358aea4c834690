"""Bodies beyond their limit."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import errors


class TooLargeAsProblem:
    """Say 413 the way all errors are said: Starlette answers an announced length by itself, in plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_replaced = False

        async def send_or_replace(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start" and message["status"] == 413 and _is_plain(message):
                is_replaced = True
                await errors.too_large()(scope, receive, send)
            elif not is_replaced:
                await send(message)

        await self._app(scope, receive, send_or_replace)


def _is_plain(message: Message) -> bool:
    # An own error of this status is what its owner has made of it.
    return (b"content-type", errors.MEDIA_TYPE.encode()) not in message["headers"]

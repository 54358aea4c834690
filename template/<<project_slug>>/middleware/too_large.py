"""Bodies over their limit."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import errors


class TooLargeAsProblem:
    """Make 413 look like all other errors: where Content-Length is over the limit, Starlette answers in plain text."""

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
    # A problem response with this status is the project's own: leave it as it is.
    return (b"content-type", errors.MEDIA_TYPE.encode()) not in message["headers"]

"""What a request is known by, as `current_request` tells it."""

import re
from secrets import token_hex

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from .. import errors
from ..current_request import CURRENT

_acceptable_id = re.compile(rb"[A-Za-z0-9-]{8,64}")


def _id_of(scope: Scope) -> str:
    # The sender's id is kept if it is harmless, to trace a request through several services; it proves nothing.
    # Anything else could forge log lines (ASVS 16.4.1).
    sent = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return sent.decode() if _acceptable_id.fullmatch(sent) else token_hex(16)


class RequestContext:
    """Give each request an id, in `X-Request-ID`, and log what nothing inside has handled."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        identifier = _id_of(scope)
        scope["state"] = {**scope.get("state", {}), "request_id": identifier}
        before = CURRENT.set(scope)
        header = (b"x-request-id", identifier.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], header]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except WebSocketDisconnect:
            pass  # the client has left
        except Exception as error:
            # The client has had its 500, or half of another response. Not raised again: the server would log it
            # with its message, which may hold a value that the client sent (ASVS 16.2.5, 16.5.4).
            errors.log_unhandled(error)
        finally:
            CURRENT.reset(before)

"""Which request is being served: its id, and the client's IP address for limits and security events."""

import logging
import re
from contextvars import ContextVar
from secrets import token_hex

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

_current: ContextVar[Scope | None] = ContextVar("current_request", default=None)
_acceptable_id = re.compile(rb"[A-Za-z0-9-]{8,64}")


def current_request() -> Scope | None:
    """Return the request being served; None outside requests."""
    return _current.get()


def request_id() -> str | None:
    """Return the id of the request being served; None outside requests."""
    scope = current_request()
    return None if scope is None else scope["state"]["request_id"]


def endpoint_name() -> str | None:
    """Return the full name of the function that serves the request; None outside requests, and before it is found.

    Not the path, into which a confused client may put a secret (ASVS 16.2.5).
    """
    endpoint = (current_request() or {}).get("endpoint")
    return endpoint and f"{endpoint.__module__}.{getattr(endpoint, '__name__', type(endpoint).__name__)}"


def client_address() -> str:
    """Return the IP address of the peer, or of the client that a trusted proxy vouched for (ASVS 15.3.4)."""
    scope = current_request()
    client = scope.get("client") if scope else None
    return client[0] if client else "unknown"


def _id_of(scope: Scope) -> str:
    # The sender's id is kept if it is harmless, to trace a request through several services; it proves nothing.
    # Anything else could forge log lines (ASVS 16.4.1).
    sent = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return sent.decode() if _acceptable_id.fullmatch(sent) else token_hex(16)


class RequestContext:
    """Give each request an id, in `X-Request-ID`, and keep the server alive after an unhandled error."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        identifier = _id_of(scope)
        scope["state"] = {**scope.get("state", {}), "request_id": identifier}
        before = _current.set(scope)
        header = (b"x-request-id", identifier.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], header]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            # Starlette raises again after it answered 500 and the error was logged; a second traceback,
            # by the server, would be a line outside the JSON log (ASVS 16.5.4).
            log.debug("already answered and logged")
        finally:
            _current.reset(before)

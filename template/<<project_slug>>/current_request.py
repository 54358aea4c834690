"""Which request is being served: its id, and the client's IP address for limits and security events."""

from contextvars import ContextVar

from starlette.types import Scope

CURRENT: ContextVar[Scope | None] = ContextVar("current_request", default=None)


def current_request() -> Scope | None:
    """Return the request being served; None outside requests."""
    return CURRENT.get()


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

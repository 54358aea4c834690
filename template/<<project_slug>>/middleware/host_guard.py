"""Refuse unknown hosts and plain http before anything else looks at the request."""

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from .. import errors

_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\[\]:]+))(?::[0-9]*)?")
"""A name or an IP address, and a port (RFC 9110, section 7.2)."""

HEALTH_PATHS = frozenset({"/health/live", "/health/ready"})
"""Probes use the IP address and no TLS; these responses reveal nothing worth hiding."""


class HostGuard:
    """Answer 400 to a Host that is not configured (TP-4) and, in production, to plain http (ASVS 4.1.2, 12.2.1).

    Not a redirect to https: by then the credential has already been sent in the clear.
    """

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str], https_only: bool) -> None:
        self._app = app
        self._hosts = hosts
        self._schemes = frozenset({"https", "wss"} if https_only else {"http", "ws", "https", "wss"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None if scope["type"] == "lifespan" else self._refusal(scope)
        await (answer or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        if scope["path"] in HEALTH_PATHS:
            return None
        if _host(scope) not in self._hosts:
            return errors.refused(400, "unknown_host", "Unknown host.")
        if scope["scheme"] not in self._schemes:
            return errors.refused(400, "https_required", "Use https.")
        return None


def _host(scope: Scope) -> str:
    sent = Headers(scope=scope).getlist("host")
    if len(sent) != 1:
        return ""  # two Host headers: a proxy and we may each believe a different one
    found = _HOST.fullmatch(sent[0].lower())
    return (found[1] or found[2]) if found else ""

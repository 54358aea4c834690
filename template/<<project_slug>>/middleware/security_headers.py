"""Headers on every response, whatever its status (ASVS 3.4, 14.2.2)."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import errors

API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
"""An API response is data: nothing in it may load, run or be framed (ASVS 3.2.1, 3.4.3, 3.4.6)."""

_ALWAYS = {
    b"content-security-policy": API_POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    # Responses differ by caller; a shared cache that keeps one would hand it to the next (ASVS 14.2.2, 14.2.5).
    b"cache-control": b"no-store",
    b"pragma": b"no-cache",  # for caches of HTTP/1.0 (RFC 6749, section 5.1)
}
_HSTS = {b"strict-transport-security": b"max-age=63072000; includeSubDomains"}


class SecurityHeaders:
    """Add what the response does not set itself.

    HSTS is for production only, since browsers remember it for years, and for https (RFC 6797, section 7.2).
    """

    def __init__(self, app: ASGIApp, credentials: Iterable[str], *, hsts: bool) -> None:
        self._app = app
        self._vary = (b"vary", ", ".join((*credentials, "cookie", "origin")).encode())
        self._plain = list(_ALWAYS.items())
        self._secure = list((_ALWAYS | (_HSTS if hsts else {})).items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        headers, is_answered = self._secure if scope["scheme"] == "https" else self._plain, False

        async def send_with_headers(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                if b"cache-control" in own:
                    own.add(b"pragma")  # ours might contradict it
                missing = [header for header in headers if header[0] not in own]
                message["headers"] = [*message["headers"], self._vary, *missing]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            # Starlette has answered errors of the app, and raised them again; this one a middleware raised.
            if not is_answered:
                await errors.internal_error()(scope, receive, send_with_headers)
            raise

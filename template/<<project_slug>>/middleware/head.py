"""HEAD, which FastAPI's routes do not support."""

from starlette.types import ASGIApp, Receive, Scope, Send


class HeadAsGet:
    """Answer HEAD as GET: same status, same headers. The server leaves the body out (RFC 9110, section 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_head = scope.get("method") == "HEAD"
        await self._app({**scope, "method": "GET"} if is_head else scope, receive, send)

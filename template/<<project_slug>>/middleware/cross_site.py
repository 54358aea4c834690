"""Refuse requests that another site's page makes a browser send.

Whichever page asks, browsers attach by themselves what they remember of a site, and always their own address: any page
could use up the limits that count its visitors by it. So writes are checked; a read that counts can ask `is_foreign`
itself (OWASP CSRF cheat sheet, "Fetch Metadata"; ASVS 3.5.1).
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from .. import errors
from ..settings import CoreSettings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""RFC 9110, section 9.2.1."""
OUR_SITE = frozenset({"same-origin", "none"})
"""Sec-Fetch-Site for our own pages, and for a URL that a person typed. `same-site` is a neighbour, not us."""
REFUSAL = (403, "csrf_failed", "Cross-site requests are not allowed.")


class CrossSiteGuard:
    """Answer 403 to a write from a page whose origin is neither ours nor in CORS_ORIGINS.

    Programs other than browsers send neither Origin nor Sec-Fetch-Site and pass: no page sends them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_refused = _writes(scope) and is_foreign(Headers(scope=scope))
        app = errors.refused(*REFUSAL) if is_refused else self._app
        await app(scope, receive, send)


def _writes(scope: Scope) -> bool:
    return scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in SAFE_METHODS)


def is_foreign(headers: Headers) -> bool:
    """Tell whether a browser sent this for a page whose origin is neither ours nor in CORS_ORIGINS."""
    origin = headers.get("origin")
    if origin in CoreSettings.get().cors_origins:
        return False
    site = headers.get("sec-fetch-site")
    # Browsers too old for Sec-Fetch-Site send Origin with every cross-origin write.
    return site not in OUR_SITE if site else origin is not None and _host_of(origin) != headers.get("host")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # not a URL: nobody's
        return None

"""Pure ASGI middleware, outermost first. The order matters for security; a test enforces it.

1. `RequestContext`   gives the request an id, for every log line and response, and catches what nothing else caught
2. `ProxyHeaders`     only with TRUSTED_PROXIES: the client's address and scheme as the trusted proxy saw them
3. `SecurityHeaders`  outside everything that responds, so that 400s, preflights and 500s carry them too;
                       it responds to what a middleware raises
4. `HostGuard`        before anything reads the Host header or a body
5. `CORS`             only with CORS_ORIGINS: outside authentication, so that preflights need no token
6. `api.MIDDLEWARE`   what the chosen methods need: a guard against what browsers send by themselves; inside it, yours
7. `HeadAsGet`, `TooLargeAsProblem`   where the framework deviates from HTTP, or from this project's errors

They wrap the whole app: what `app.add_middleware` adds does not wrap 500s. Body limits are FastAPI's own
(`max_body_size`), since a route may need a different one.
"""

from collections.abc import Callable, Iterable

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ..settings import CoreSettings
from .head import HeadAsGet
from .host_guard import HostGuard
from .request_context import RequestContext
from .security_headers import SecurityHeaders
from .too_large import TooLargeAsProblem


def wrap(
    app: ASGIApp,
    settings: CoreSettings,
    credentials: Iterable[str],
    inner: Iterable[Callable[[ASGIApp], ASGIApp]] = (),
    cors_headers: tuple[Iterable[str], Iterable[str]] = ((), ()),
) -> ASGIApp:
    """Return the app inside all of the middleware. `credentials` are the headers that say who is calling.

    `cors_headers` are those that pages may send, and read, in addition.
    """
    app = HeadAsGet(TooLargeAsProblem(app))
    for each in inner:
        app = each(app)
    if settings.cors_origins:
        app = _cors(app, settings, credentials, *cors_headers)
    app = HostGuard(app, hosts=settings.hosts, https_only=settings.is_production)
    app = SecurityHeaders(app, credentials, hsts=settings.is_production)
    if settings.trusted_proxies:
        app = ProxyHeadersMiddleware(app, trusted_hosts=list(settings.trusted_proxies))  # type: ignore[arg-type, assignment]  # uvicorn has its own names for the ASGI types
    return RequestContext(app)


def _cors(
    app: ASGIApp, settings: CoreSettings, credentials: Iterable[str], sent: Iterable[str], read: Iterable[str]
) -> ASGIApp:
    # No credentials: tokens travel in a header that the page sets itself, never by cookie (ASVS 3.4.2).
    return CORSMiddleware(
        app,
        allow_origins=settings.cors_origins,
        allow_methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
        allow_headers=(*credentials, "Content-Type", "X-Request-ID", *sent),
        expose_headers=("Allow", "Location", "Retry-After", "WWW-Authenticate", "X-Request-ID", *read),
        max_age=600,
    )

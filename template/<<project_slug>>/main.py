"""Read this first: how the app is put together.

Settings are checked, error handlers installed and routers included; then `close` refuses to start while a route has no
guard. Middleware wraps the whole app. `auth/__init__.py` shows how a request finds its caller.
"""

import gc
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from . import api, docs, errors, logs, middleware
from .auth.closed import close
from .auth.dependencies import HEADERS
from .db import Database, DatabaseSettings
from .settings import CoreSettings, refuse_unsafe_settings
from .users.service import check_references

BODY_SIZE = 1_048_576
"""Bytes of a body, except at `api.AUTH_ROUTERS`. A larger one is not read to its end (RFC 9110, section 15.5.14)."""


def operation_id(route: APIRoute) -> str:
    """Name an operation after its first tag and its endpoint, as generated clients then name their methods."""
    return "_".join([*map(str, route.tags[:1]), route.name]).lower().replace(" ", "_")


class App(FastAPI):
    """FastAPI inside our middleware, which thus also wraps its responses to unhandled errors."""

    def build_middleware_stack(self) -> ASGIApp:
        app, settings = super().build_middleware_stack(), CoreSettings.get()
        return middleware.wrap(app, settings, HEADERS, api.MIDDLEWARE, api.CORS_HEADERS)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Open what the app needs, in order; close it in reverse."""
    async with AsyncExitStack() as stack:
        for part in api.LIFESPANS:
            await stack.enter_async_context(part(app))
        yield


def create_app() -> FastAPI:
    """Build the app. Raises UnsafeSettings or Misbuilt rather than start in a weak state."""
    refuse_unsafe_settings()
    # Slash redirects would send a client's credentials on to whatever Host it named (RFC 9700, section 4.12).
    app = App(
        title="API",
        lifespan=lifespan,
        middleware=api.WITHIN,
        max_body_size=BODY_SIZE,
        responses=errors.RESPONSES,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        docs_url=None,
        redoc_url=None,
        openapi_url=None if CoreSettings.get().is_production else "/openapi.json",
    )
    app.state.database = Database(DatabaseSettings.get())
    errors.install(app)
    # Every request tries them in this order: the most requested come first.
    for router in api.ROUTERS:
        app.include_router(router)
    for router in api.AUTH_ROUTERS:
        app.include_router(router, max_body_size=api.AUTH_BODY_SIZE)
    if not CoreSettings.get().is_production:
        app.include_router(docs.router)
    api.install(app)
    check_references()
    close(app)
    app.router.lifespan_context = partial(_closed_again, app.router.lifespan_context)
    return app


@asynccontextmanager
async def _closed_again(opened: Callable[[Any], AbstractAsyncContextManager[Any]], app: Any) -> AsyncGenerator[Any]:
    # A part, or the lifespan of a router, may have added routes.
    async with opened(app) as state:
        close(app)
        yield state


def create_served_app() -> FastAPI:
    """Build the app for a process that does nothing but serve it."""
    logs.configure()
    app = create_app()
    # What exists by now stays. Scanning it for garbage again and again would cost a seventh of every request.
    gc.freeze()
    return app

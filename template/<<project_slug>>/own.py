"""Yours. Rendered once and never touched by an update: what you add to the app.

The sample `items` shows how to add a feature. What its modules define is found once they are imported here: settings
(a subclass of `settings.Settings`), tables (of `db.Base`), errors (of `errors.AppError`). Scopes and roles go into
`auth/own_scopes.py`, ways to authenticate into `auth/own.py`.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from .items.router import router as items

ROUTERS: tuple[APIRouter, ...] = (items,)
"""Your endpoints. Each needs a guard or PUBLIC, or the app refuses to start."""

MIDDLEWARE: tuple[Callable[[ASGIApp], ASGIApp], ...] = ()
"""Classes of pure ASGI middleware, innermost first. They see what `middleware/` has let through.

Nobody has been asked for a credential by then. One that answers by itself, such as another app, lets every scope pass
whose `type` is not `http`, and asks first:

    try:
        await Guard()(Request(scope))
    except AppError as error:
        leave_trace(error)
        await answer_to(error)(scope, receive, send)
        return
"""

ALLOWED_HEADERS: tuple[str, ...] = ()
"""Headers that requests of CORS_ORIGINS' pages may have, for instance `traceparent`."""

EXPOSED_HEADERS: tuple[str, ...] = ()
"""Headers of your responses that those pages may read, for instance `Content-Disposition`."""

LIFESPANS: tuple[Callable[[FastAPI], AbstractAsyncContextManager[None]], ...] = ()
"""What is opened when the app starts, after everything else, and closed before it. End a task as `purge.py` does."""

TABLES_TO_DROP_LATER: tuple[str, ...] = ()
"""Tables that the code before an update still uses, while both run: `poe migration` drops them once no longer named."""


def install(app: FastAPI) -> None:
    """Change the app before its routes are checked: its title, say, or an `app.exception_handler` of yours."""

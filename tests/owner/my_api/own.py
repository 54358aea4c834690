"""The owner's additions to the app."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from .greeting import Greeting, SoldOut, show_sold_out
from .orders.router import router as orders

ROUTERS: tuple[APIRouter, ...] = (orders,)
MIDDLEWARE: tuple[Callable[[ASGIApp], ASGIApp], ...] = (Greeting,)


def install(app: FastAPI) -> None:
    """Show a page of our own."""
    app.exception_handler(SoldOut)(show_sold_out)

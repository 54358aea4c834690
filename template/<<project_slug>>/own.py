"""Yours. Rendered once and never touched by an update: add routers here, and methods in `auth/own.py`.

For instance `from .orders.router import router as orders` and `ROUTERS = (orders,)`. A settings class that one of your
modules defines (a subclass of `settings.Settings`) is read and checked at start like every other.
"""

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()
"""Your endpoints. Each needs a guard or PUBLIC, or the app refuses to start."""

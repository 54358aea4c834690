"""The owner's routers."""

from fastapi import APIRouter

from .orders.router import router as orders

ROUTERS: tuple[APIRouter, ...] = (orders,)

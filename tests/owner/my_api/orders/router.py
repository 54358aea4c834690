"""Orders of the caller."""

from fastapi import APIRouter
from sqlalchemy import func, select

from ..auth.dependencies import CurrentPrincipal
from ..db import Reading, Writing
from .errors import TooManyOrders
from .models import Order
from .schemas import OrderIn, OrderOut
from .settings import OrderSettings

router = APIRouter(prefix="/orders", tags=["orders"])


@router.get("")
async def list_orders(caller: CurrentPrincipal, db: Reading) -> list[OrderOut]:
    """List the caller's orders."""
    orders = await db.scalars(select(Order).where(Order.owner_id == caller.user_id).order_by(Order.created_at))
    return [OrderOut.model_validate(order) for order in orders]


@router.post("", status_code=201)
async def create_order(body: OrderIn, caller: CurrentPrincipal, db: Writing) -> OrderOut:
    """Order something."""
    count = await db.scalar(select(func.count()).where(Order.owner_id == caller.user_id))
    if (count or 0) >= OrderSettings.get().orders_per_user:
        raise TooManyOrders
    order = Order(owner_id=caller.user_id, article=body.article)
    db.add(order)
    await db.flush()
    return OrderOut.model_validate(order)

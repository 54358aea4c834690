"""Orders of the caller."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from sqlalchemy import func, select

from ..auth.dependencies import PUBLIC, CallerIfAny, CurrentPrincipal, require
from ..auth.principal import Principal
from ..auth.scopes import Scope
from ..db import Reading, Writing
from ..errors import NotFound
from ..greeting import SoldOut
from .errors import TooManyOrders
from .models import Order
from .schemas import OrderIn, OrderOut, ShareIn, Wanted
from .settings import OrderSettings

router = APIRouter(prefix="/orders", tags=["orders"])

Support = Annotated[Principal, require(Scope("orders:read"))]


@router.get("/menu", dependencies=[PUBLIC])
async def show_menu() -> list[str]:
    """Tell anybody what there is."""
    return ["tea", "coffee"]


@router.get("/greeting", dependencies=[PUBLIC])
async def greet(caller: CallerIfAny) -> str:
    """Greet anybody, some by name."""
    return "hello" if caller is None else f"hello, {caller.account.name}"


@router.get("/card", dependencies=[PUBLIC])
async def show_card() -> HTMLResponse:
    """Show anybody a page."""
    return HTMLResponse("<h1>Tea</h1>")


@router.get("/price-list", dependencies=[PUBLIC])
async def stream_prices() -> StreamingResponse:
    """Send anybody a file in pieces."""
    return StreamingResponse(iter(["article,price\n", "tea,3\n"]), media_type="text/csv")


@router.get("/card/old", dependencies=[PUBLIC])
async def lead_to_card() -> RedirectResponse:
    """Lead anybody from where the page once was."""
    return RedirectResponse("/orders/card")


@router.get("/menu/{article:path}", dependencies=[PUBLIC])
async def show_article(article: str) -> str:
    """Tell anybody about one."""
    return article


@router.post("/wanted", dependencies=[PUBLIC])
async def count_wanted(body: list[Wanted]) -> int:
    """Take what anybody would order."""
    return len(body)


@router.get("")
async def list_orders(caller: CurrentPrincipal, db: Reading) -> list[OrderOut]:
    """List the caller's orders."""
    orders = await db.scalars(select(Order).where(Order.owner_id == caller.user_id).order_by(Order.created_at))
    return [OrderOut.model_validate(order) for order in orders]


@router.post("", status_code=201)
async def create_order(body: OrderIn, caller: CurrentPrincipal, db: Writing) -> OrderOut:
    """Order something."""
    if body.article == "coffee":
        raise SoldOut
    count = await db.scalar(select(func.count()).where(Order.owner_id == caller.user_id))
    if (count or 0) >= OrderSettings.get().orders_per_user:
        raise TooManyOrders
    order = Order(owner_id=caller.user_id, article=body.article)
    db.add(order)
    await db.flush()
    return OrderOut.model_validate(order)


@router.get("/all")
async def list_all_orders(_: Support, db: Reading) -> list[OrderOut]:
    """List everybody's orders."""
    return [OrderOut.model_validate(order) for order in await db.scalars(select(Order))]


@router.get("/{order_id}")
async def read_order(order_id: UUID, caller: CurrentPrincipal, db: Reading) -> OrderOut:
    """Return one of the caller's orders."""
    order = await db.scalar(select(Order).where(Order.id == order_id, Order.owner_id == caller.user_id))
    if order is None:
        raise NotFound
    return OrderOut.model_validate(order)


@router.post("/share")
async def share_orders(body: ShareIn, _: CurrentPrincipal) -> UUID:
    """Name somebody who may see them, on a path that the route before would take for an id."""
    return body.user_id

"""Orders belong to who ordered."""

import pytest
from httpx2 import AsyncClient

from my_api.auth.scopes import Role

from ..conftest import AsCaller

pytestmark = pytest.mark.anyio


async def test_anybody_reads_the_menu(client: AsyncClient) -> None:
    assert (await client.get("/orders/menu")).json() == ["tea", "coffee"]


async def test_an_order_is_seen_by_its_owner_alone(as_caller: AsCaller) -> None:
    ann, bob = await as_caller(), await as_caller()
    ordered = (await ann.post("/orders", json={"article": "tea"})).json()
    assert (await ann.get("/orders")).json() == [ordered]
    assert (await bob.get("/orders")).json() == []


async def test_nobody_orders_without_end(as_caller: AsCaller) -> None:
    ann = await as_caller()
    answers = [await ann.post("/orders", json={"article": "tea"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 409]
    assert answers[-1].json()["code"] == "too_many_orders"


async def test_support_sees_all_orders_and_others_do_not(as_caller: AsCaller) -> None:
    ann, support = await as_caller(), await as_caller(role=Role("support"))
    ordered = (await ann.post("/orders", json={"article": "tea"})).json()
    assert (await support.get("/orders/all")).json() == [ordered]
    assert (await ann.get("/orders/all")).status_code == 403


async def test_what_is_sold_out_has_a_page_and_every_answer_a_greeting(as_caller: AsCaller) -> None:
    page = await (await as_caller()).post("/orders", json={"article": "coffee"})
    assert (page.status_code, page.text) == (410, "<h1>Sold out</h1>")
    assert page.headers["x-greeting"] == "hello"


async def test_orders_are_shared_with_whom_one_names(as_caller: AsCaller) -> None:
    shared = {"user_id": "00000000-0000-4000-8000-000000000000", "until": "2030-01-31", "how": "read"}
    assert (await (await as_caller()).post("/orders/share", json=shared)).json() == shared["user_id"]


async def test_anybody_asks_about_an_article_and_openapi_says_so(client: AsyncClient) -> None:
    assert (await client.get("/orders/menu/tea/green")).json() == "tea/green"
    document = (await client.get("/openapi.json")).json()
    assert document["paths"]["/orders/menu/{article}"]["get"]["security"] == []

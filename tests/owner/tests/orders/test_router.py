"""Orders belong to who ordered."""

import pytest

from ..conftest import AsCaller

pytestmark = pytest.mark.anyio


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

"""Robots are let in."""

import pytest
from httpx2 import AsyncClient

pytestmark = pytest.mark.anyio


async def test_a_robot_that_says_so_is_let_in(client: AsyncClient) -> None:
    assert (await client.get("/orders", headers={"X-Robot": "good"})).status_code == 200
    assert (await client.get("/orders", headers={"X-Robot": "bad"})).json()["code"] == "invalid_robot"

"""Probes."""

import pytest
from httpx2 import AsyncClient

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
async def test_a_probe_needs_no_caller_and_tells_nothing_else(client: AsyncClient, path: str) -> None:
    """ASVS 13.4.6."""
    answer = await client.get(path, headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

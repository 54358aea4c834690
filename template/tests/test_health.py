"""Probes."""

from httpx2 import AsyncClient

from .conftest import AppWith, client_of


async def test_a_probe_needs_no_caller_and_tells_nothing_else(client: AsyncClient) -> None:
    """ASVS 13.4.6."""
    for path in ("/health/live", "/health/ready"):
        answer = await client.get(path, headers={"Authorization": "Bearer x"})
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_probe_needs_one_connection_at_a_time(app_with: AppWith) -> None:
    """ASVS 15.4.4: otherwise a few at once, from anybody, take all there are and wait for more."""
    async with app_with(DATABASE_POOL_SIZE="1") as app, client_of(app) as anybody:
        assert (await anybody.get("/health/ready")).status_code == 200

"""Probes."""

from httpx2 import AsyncClient


async def test_a_probe_needs_no_caller_and_tells_nothing_else(client: AsyncClient) -> None:
    """ASVS 13.4.6."""
    for path in ("/health/live", "/health/ready"):
        answer = await client.get(path, headers={"Authorization": "Bearer x"})
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

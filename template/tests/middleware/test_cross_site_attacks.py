"""What another site's page makes a browser send is refused, whatever it claims to be."""

import pytest
from httpx2 import AsyncClient


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "https://testserver"},
        {"sec-fetch-site": "anything"},
        {"origin": "null"},
        {"origin": "https://testserver.evil.example"},
        {"origin": "https://testserver:444"},
    ],
)
async def test_a_foreign_page_cannot_write(client: AsyncClient, headers: dict[str, str]) -> None:
    """ASVS 3.5.1, CS CSRF-2."""
    for verb in ("POST", "PUT", "PATCH", "DELETE"):
        refused = await client.request(verb, "/users/me", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
        assert refused.headers["cache-control"] == "no-store"

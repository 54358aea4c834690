"""How the middlewares stand to each other, and to the rest."""

import pytest
from httpx2 import AsyncClient

from ..conftest import AppWith, AsCaller, client_of
from ..operations import UNKNOWN_ID
from ..production import PRODUCTION

pytestmark = pytest.mark.anyio

PAGES = {"CORS_ORIGINS": "https://app.example.com"}
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


async def test_a_known_page_may_ask_and_read(app_with: AppWith) -> None:
    """ASVS 3.4.2."""
    origin = {"Origin": "https://app.example.com"}
    async with app_with(**PAGES) as app, client_of(app) as client:
        preflight = await client.options("/users/me", headers=origin | PREFLIGHT)
        refusal = await client.get("/users/me", headers=origin)
    assert (preflight.status_code, refusal.status_code) == (200, 401)
    for answer in (preflight, refusal):
        assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "Origin" in answer.headers["vary"]


async def test_no_other_page_may(app_with: AppWith) -> None:
    """ASVS 3.4.2."""
    async with app_with(**PAGES) as app, client_of(app) as client:
        for origin in ("null", "https://evil.example", "https://app.example.com.evil", "http://app.example.com"):
            preflight = await client.options("/users/me", headers={"Origin": origin} | PREFLIGHT)
            read = await client.get("/users/me", headers={"Origin": origin})
            assert (preflight.status_code, read.status_code) == (400, 401)
            assert "access-control-allow-origin" not in {*preflight.headers, *read.headers}, origin


async def test_without_known_pages_there_is_no_cors(client: AsyncClient) -> None:
    """ASVS 3.4.2."""
    preflight = await client.options("/users/me", headers={"Origin": "https://app.example.com"} | PREFLIGHT)
    assert preflight.status_code == 405
    assert "access-control-allow-origin" not in preflight.headers


async def test_a_foreign_host_gets_no_preflight(app_with: AppWith) -> None:
    """TP-4."""
    headers = {"Origin": "https://app.example.com", "Host": "evil.example"} | PREFLIGHT
    async with app_with(**PAGES) as app, client_of(app) as client:
        assert (await client.options("/users/me", headers=headers)).json()["code"] == "unknown_host"


async def test_the_scheme_is_the_trusted_proxys(app_with: AppWith) -> None:
    """ASVS 4.1.3, 12.2.1."""
    proxied = PRODUCTION | {"TRUSTED_PROXIES": "192.0.2.1"}
    clear, tls = {"base_url": "http://testserver"}, {"X-Forwarded-Proto": "https"}
    async with app_with(**proxied) as app:
        proxy, stranger = client_of(app, **clear), client_of(app, address="198.51.100.7", **clear)
        assert (await proxy.get("/nothing", headers=tls)).status_code == 404
        assert (await proxy.get("/nothing")).json()["code"] == "https_required"
        assert (await stranger.get("/nothing", headers=tls)).json()["code"] == "https_required"


async def test_the_checks_come_in_their_order(client: AsyncClient, as_caller: AsCaller) -> None:
    """TP-6: size and host, route, JSON syntax, credential, scope, fields. No check tells what a later one would."""
    large, syntax, fields = b"[" * 1_048_577, b"{", b'{"is_active": 1}'
    admin_only, evil = f"/users/{UNKNOWN_ID}", {"Host": "evil.example"}
    user = await as_caller()

    async def code(who: AsyncClient, path: str, content: bytes, **headers: str) -> str:
        headers = {"Content-Type": "application/json", **headers}
        return str((await who.patch(path, content=content, headers=headers)).json()["code"])

    assert await code(client, admin_only, large, **evil) == "unknown_host"
    assert await code(client, "/nothing", syntax) == "not_found"
    assert await code(client, "/users", syntax) == "method_not_allowed"
    assert await code(client, admin_only, large) == "payload_too_large"
    assert await code(client, admin_only, syntax, Authorization="Bearer x") == "invalid_json"
    assert await code(client, admin_only, fields) == "not_authenticated"
    assert await code(user, admin_only, fields) == "insufficient_scope"

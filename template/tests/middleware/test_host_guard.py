"""Foreign hosts and clear text."""

import logging

import pytest
from httpx2 import AsyncClient

from ..conftest import AppWith, client_of
from ..production import PRODUCTION


async def test_a_known_host_is_answered(client: AsyncClient) -> None:
    for host in ("testserver", "TESTSERVER:443", "localhost", "127.0.0.1:8000", "[::1]:8000"):
        assert (await client.get("/nothing", headers={"Host": host})).status_code == 404, host


async def test_a_foreign_host_is_refused(client: AsyncClient) -> None:
    """TP-4."""
    foreign = ("evil.example", "testserver.evil.example", "evil.example:443", "testserver@evil", "")
    invalid = ("[::1]evil.example", "testserver:evil", "testserver:443:443", "[testserver", "[testserver]:")
    for host in (*foreign, *invalid):
        refused = await client.get("/nothing", headers={"Host": host})
        assert (refused.status_code, refused.json()["code"]) == (400, "unknown_host"), host
        assert "evil" not in refused.text


async def test_a_request_for_another_host_is_an_event(client: AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    """ASVS 16.3.3, CS LOG-1."""
    caplog.set_level(logging.INFO, "security")
    await client.get("/nothing", headers={"Host": "evil.example"})
    [line] = [record for record in caplog.records if record.name == "security"]
    assert (line.message, vars(line)["reason"]) == ("malicious_request", "unknown_host")


async def test_two_host_headers_are_refused(client: AsyncClient) -> None:
    """TP-4, ASVS 1.5.3."""
    refused = await client.get("/nothing", headers=[("Host", "testserver"), ("Host", "testserver")])
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_host")


async def test_a_forwarded_host_counts_for_nothing(client: AsyncClient) -> None:
    """TP-4, ASVS 4.1.3."""
    answer = await client.get("/nothing", headers={"X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 404


async def test_production_refuses_clear_text_instead_of_redirecting(app_with: AppWith) -> None:
    """ASVS 4.1.2, 12.2.1."""
    async with app_with(**PRODUCTION) as app, client_of(app, base_url="http://testserver") as client:
        refused = await client.patch("/users/me", json={"name": "x"})
    assert (refused.status_code, refused.json()["code"]) == (400, "https_required")
    assert "location" not in refused.headers


async def test_probes_need_neither_name_nor_tls(app_with: AppWith) -> None:
    async with app_with(**PRODUCTION) as app, client_of(app, base_url="http://10.0.0.1:8000") as client:
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 200
        assert (await client.get("/health/live/more")).status_code == 400


async def test_localhost_is_no_host_of_production(app_with: AppWith) -> None:
    """TP-4."""
    async with app_with(**PRODUCTION) as app, client_of(app) as client:
        assert (await client.get("/nothing", headers={"Host": "localhost"})).status_code == 400
        assert (await client.get("/nothing")).status_code == 404

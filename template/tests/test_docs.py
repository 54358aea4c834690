"""Swagger UI, for development."""

import re

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from .conftest import AppWith, client_of
from .production import PRODUCTION


async def test_the_page_loads_its_own_files_and_no_others(client: AsyncClient) -> None:
    """ASVS 3.6.1, 14.2.3, 4.1.1."""
    page = await client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(files) == 3
    types = {(await client.get(f"/{name}")).headers["content-type"] for name in files}
    assert types == {"text/css; charset=utf-8", "text/javascript; charset=utf-8"}


async def test_the_page_runs_no_script_of_others(client: AsyncClient) -> None:
    """ASVS 3.4.3, 3.4.6, 3.4.8."""
    page = await client.get("/docs")
    policy = page.headers["content-security-policy"].split("; ")
    assert {"script-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert page.headers["cross-origin-opener-policy"] == "same-origin"
    assert re.findall(r"<script(?! src=)", page.text) == []


async def test_the_page_knows_this_api(client: AsyncClient) -> None:
    assert '"url": "/openapi.json"' in (await client.get("/docs/init.js")).text
    assert (await client.get("/openapi.json")).json()["info"]["title"]


async def test_the_page_has_the_title_of_the_app(
    app: FastAPI, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "title", "Orders & <i>more</i>")
    assert "<title>Orders &amp; &lt;i&gt;more&lt;/i&gt;</title>" in (await client.get("/docs")).text


async def test_there_are_no_other_files(client: AsyncClient) -> None:
    """ASVS 13.4.3."""
    for path in ("/docs/other.js", "/docs/%2e%2e%2fmain.py", "/docs/..%2f..%2fmain.py", "/docs/"):
        assert (await client.get(path)).status_code == 404


async def test_production_describes_nothing(app_with: AppWith) -> None:
    """ASVS 13.4.5."""
    async with app_with(**PRODUCTION) as app, client_of(app) as client:
        for path in ("/docs", "/docs/init.js", "/docs/swagger-ui.css", "/redoc", "/openapi.json", "/metrics"):
            assert (await client.get(path)).status_code == 404

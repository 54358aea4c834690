"""The request's id and its client."""

import pytest
from httpx2 import AsyncClient

from ..callers import BAD_CREDENTIAL
from ..conftest import AppWith, client_of
from ..logbook import Logbook

pytestmark = pytest.mark.anyio


async def test_every_answer_names_its_request(client: AsyncClient) -> None:
    """ASVS 16.2.1."""
    first, second = await client.get("/health/live"), await client.get("/items")
    assert len(first.headers["x-request-id"]) == 32
    assert first.headers["x-request-id"] != second.headers["x-request-id"] == second.json()["request_id"]


async def test_a_harmless_id_of_a_proxy_is_kept(client: AsyncClient) -> None:
    answer = await client.get("/nothing", headers={"X-Request-ID": "abc-DEF-123"})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "abc-DEF-123"


async def test_any_other_id_is_replaced(client: AsyncClient) -> None:
    """ASVS 16.4.1, 1.2.1."""
    for sent in (b"short", b"x" * 65, b"ab cd efgh", b'"},{"level', b"abcdef\xe9", b"abcdef\r\nX: y"):
        answer = await client.get("/nothing", headers=[(b"X-Request-ID", sent)])
        assert len(answer.headers["x-request-id"]) == 32, sent
        assert "x" not in answer.headers


async def address_logged(app_with: AppWith, log: Logbook, trusted: str, *sent: str) -> str:
    """Send a bad credential with X-Forwarded-For headers from 192.0.2.1; return the address in the log."""
    headers = [*BAD_CREDENTIAL.items(), *(("X-Forwarded-For", value) for value in sent)]
    headers += [("X-Real-IP", "6.6.6.6"), ("Forwarded", "for=6.6.6.6")]
    async with app_with(TRUSTED_PROXIES=trusted) as app, client_of(app, address="192.0.2.1") as client:
        await client.get("/items", headers=headers)
    return next(str(line["address"]) for line in log.lines() if line["event"] == "authn_token_refused")


@pytest.mark.parametrize("trusted", ["", "192.0.2.2"])
async def test_nobody_else_is_believed_about_the_client(
    app_with: AppWith, capsys: pytest.CaptureFixture[str], trusted: str
) -> None:
    """ASVS 4.1.3, 15.3.4."""
    assert await address_logged(app_with, Logbook(capsys), trusted, "6.6.6.6") == "192.0.2.1"


@pytest.mark.parametrize(
    "sent", [("198.51.100.7",), ("6.6.6.6, 198.51.100.7",), ("6.6.6.6", "198.51.100.7, 192.0.2.9")]
)
async def test_a_trusted_proxy_is_believed_about_the_last_stranger(
    app_with: AppWith, capsys: pytest.CaptureFixture[str], sent: tuple[str, ...]
) -> None:
    """ASVS 15.3.4."""
    assert await address_logged(app_with, Logbook(capsys), "192.0.2.0/24", *sent) == "198.51.100.7"

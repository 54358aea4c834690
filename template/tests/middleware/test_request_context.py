"""The request's id."""

from httpx2 import AsyncClient


async def test_every_answer_names_its_request(client: AsyncClient) -> None:
    """ASVS 16.2.1."""
    first, second = await client.get("/health/live"), await client.get("/users/me")
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

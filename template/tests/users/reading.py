"""What accounts show, and how tests find out whose one is."""

from uuid import UUID

from httpx2 import AsyncClient

OWN_FIELDS = {"id", "email", "name", "roles", "created_at"}
"""What an owner may see."""


async def id_of(client: AsyncClient) -> str:
    """Return the id of the caller's account."""
    return str(UUID((await client.get("/users/me")).json()["id"]))

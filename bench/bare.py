"""What FastAPI itself costs: one route without authentication, which answers what `GET /users/me` answers."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class UserOut(BaseModel):
    """An account, field by field like the rendered project's."""

    id: UUID
    email: str | None
    name: str
    roles: list[str]
    created_at: datetime


USER = {"id": uuid4(), "email": "ann@example.com", "name": "", "roles": ["user"], "created_at": datetime.now(UTC)}


@app.get("/users/me")
async def read_me() -> UserOut:
    """Return the one account there is."""
    return UserOut.model_validate(USER)

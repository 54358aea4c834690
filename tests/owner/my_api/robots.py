"""A way to authenticate of the owner's: robots that say so."""

from starlette.requests import HTTPConnection

from .auth.method import InvalidCredential, Method
from .auth.principal import Account, Principal
from .auth.scopes import Role
from .clock import now
from .db import database_of
from .users.models import User


async def authenticate(request: HTTPConnection, /) -> Principal | None:
    """Read the header of robots."""
    sent = request.headers.get("x-robot")
    if sent is None:
        return None
    if sent != "good":
        raise InvalidCredential("invalid_robot", "No such robot")
    user = User(email=None, name="robot", roles=frozenset[Role](), created_at=now())
    async with database_of(request).transaction() as db:
        db.add(user)
    account = Account(
        id=user.id,
        email=None,
        name=user.name,
        roles=user.roles,
        created_at=user.created_at,
        access_version=user.access_version,
    )
    return Principal(account=account, scopes=frozenset(), method="robot", credential="robot")


robot = Method(
    name="robot",
    scheme={"type": "apiKey", "in": "header", "name": "X-Robot"},
    authenticate=authenticate,
    challenge='Robot realm="api"',
    header="x-robot",
)

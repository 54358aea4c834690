"""What endpoints ask for: who is calling, and may they?

    Reader = Annotated[Principal, require(Scope.ITEMS_READ)]

    @router.get("")
    async def list_items(caller: Reader, db: Reading) -> list[ItemOut]: ...

Every endpoint takes a principal or says `PUBLIC` explicitly; the app refuses to start otherwise (`closed.py`).
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from ..audit.events import Event, log_event
from ..clock import now
from ..errors import AppError
from .method import InvalidCredential, MalformedCredential
from .methods import METHODS
from .principal import Principal
from .scopes import Scope

RECENT = timedelta(minutes=5)
"""How fresh a login must be for actions that could take over an account. Longer lets a stolen token do them."""

READERS = tuple(dict.fromkeys(method.authenticate for method in METHODS))
HEADERS = tuple(dict.fromkeys(("authorization", *(method.header for method in METHODS))))
"""Where a credential may be. Authorization always counts, even if no method reads it: AK-3."""


class Unauthorized(AppError):
    """No caller, or one that is not authenticated. Always has one challenge per method (RFC 9110, section 11.6.1).

    Where no method is taken, say `challenge`: to one of Basic, browsers open a dialog of their own.
    """

    status = 401
    code = "not_authenticated"
    detail = "Authenticate to use this."

    def __init__(
        self, detail: str | None = None, *, code: str | None = None, challenge: str = "", **parameters: str
    ) -> None:
        super().__init__(detail, code=code, headers={"WWW-Authenticate": challenge or challenges(**parameters)})


class BadCredentials(AppError):
    """More than one credential, or one that breaks its own grammar."""

    status = 400
    code = "invalid_request"
    event = Event.CREDENTIAL_REFUSED

    def __init__(self, detail: str) -> None:
        error = challenges(error="invalid_request", error_description=detail)
        super().__init__(detail, headers={"WWW-Authenticate": error})


class Forbidden(AppError):
    """A known caller without the required scope (RFC 6750, section 3.1)."""

    status = 403
    code = "insufficient_scope"

    def __init__(self, scopes: frozenset[Scope]) -> None:
        needed = " ".join(sorted(scopes))
        challenge = challenges(error="insufficient_scope", scope=needed)
        super().__init__(f"This needs {needed}.", headers={"WWW-Authenticate": challenge})


def challenges(**parameters: str) -> str:
    """Return one challenge per method, in registration order; the parameters go to bearer's (RFC 6750, section 3)."""
    return ", ".join(dict.fromkeys(_challenges(parameters)))


def _challenges(parameters: dict[str, str]) -> Iterator[str]:
    for method in METHODS:
        is_bearer = method.challenge.startswith("Bearer ")
        extra = "".join(f', {name}="{value}"' for name, value in parameters.items()) if is_bearer else ""
        yield method.challenge + extra


async def authenticate(request: HTTPConnection) -> Principal | None:
    """Ask each method's reader once; return the caller, or None when the request has no credential.

    Raises BadCredentials (400) for several credentials, whose powers must never be merged (AK-3), and Unauthorized
    (401) for a bad one. An unknown scheme is not a credential.
    """
    if sum(len(request.headers.getlist(header)) for header in HEADERS) > 1:
        raise BadCredentials("Send one credential")
    try:
        principals = [found for reader in READERS if (found := await reader(request)) is not None]
    except MalformedCredential as error:
        raise BadCredentials(error.description) from None
    except InvalidCredential as error:
        log_event(Event.CREDENTIAL_REFUSED, reason=error.code, credential=error.credential, detail=error.detail)
        raise Unauthorized(error.description, code=error.code, **error.challenge) from None
    request.state.principal = caller = principals[0] if principals else None
    return caller


class Guard:
    """A dependency that lets only suitable callers through. `closed.py` looks for these on every route."""

    def __init__(self, *scopes: Scope, within: timedelta | None = None) -> None:
        self.scopes = frozenset(scopes)
        self.within = within

    async def __call__(self, request: Request) -> Principal:
        # A router's guard and an endpoint's guard ask for the same caller: one lookup per request.
        caller: Principal | None = getattr(request.state, "principal", None) or await authenticate(request)
        if caller is None:
            raise Unauthorized
        if not self.scopes <= caller.scopes:
            log_event(Event.AUTHORIZATION_REFUSED, user_id=caller.user_id, needed=sorted(self.scopes))
            raise Forbidden(self.scopes)
        if self.within is not None:
            require_recent_login(caller, self.within)
        return caller


def require_recent_login(caller: Principal, within: timedelta = RECENT) -> None:
    """Raise Unauthorized for a login too long ago, and for unattended callers, such as a key."""
    # A login in the future was told by a clock that ran ahead, and would be recent until that time has passed.
    if caller.logged_in_at is None or abs(now() - caller.logged_in_at) > within:
        raise Unauthorized(
            "Log in again to do this.",
            code="insufficient_user_authentication",  # RFC 9470, section 3
            error="insufficient_user_authentication",
            max_age=str(int(within.total_seconds())),
        )


def require(*scopes: Scope) -> Any:
    """Return a dependency that requires a caller with all of the scopes."""
    return Depends(Guard(*scopes))


async def public() -> None:
    """Mark a route as open to anybody. Authentication does not run: a stale token must not prevent a refresh."""


async def caller_if_any(request: HTTPConnection) -> Principal | None:
    """Return who is calling an open endpoint; None if the credential is absent or not valid. Other refusals stand."""
    try:
        return await authenticate(request)
    except AppError as error:
        if error.status != 401:
            raise
        return None


PUBLIC = Depends(public)
CallerIfAny = Annotated[Principal | None, Depends(caller_if_any)]
CurrentPrincipal = Annotated[Principal, Depends(Guard())]
AccountWriter = Annotated[Principal, Depends(Guard(Scope.ACCOUNT_WRITE))]
RecentLogin = Annotated[Principal, Depends(Guard(Scope.ACCOUNT_WRITE, within=RECENT))]

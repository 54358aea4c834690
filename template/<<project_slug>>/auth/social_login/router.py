"""Start and finish a login at a provider, open its code, link and unlink."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import WithJsonSchema

from ...db import Db, Reading, database_of
from ...errors import AppError, NotFound
from ...limits import service as limits
from ...limits.service import limit
from ...mail.outbox import Mails
from ...settings import CoreSettings
from ..dependencies import PUBLIC, AccountWriter, RecentLogin
from ..one_time import InvalidToken
from ..tokens.bearer import SessionIfAny
from ..tokens.oauth import TOKEN_IF_ANY
from ..tokens.schemas import TokensOut
from . import flow, page, service, transaction
from .flow import Visit
from .outbound import documents_of
from .provider import Provider
from .providers import PROVIDERS, configured
from .schemas import Challenge, Confirmation, IdentityOut, Opening, ProviderOut
from .settings import PREFIX

router = APIRouter(prefix=PREFIX, tags=["social login"])
router.include_router(page.router)


class NotANavigation(AppError):
    """A login can only be started by navigation, not by an image or script of a page (ASVS 7.6.2)."""

    status = 403
    code = "csrf_failed"
    detail = "Open this address in a browser's window."


Targets = Annotated[
    list[Annotated[str, Query(max_length=65_536)]],
    Query(alias="next", default_factory=list),
    WithJsonSchema({"type": "string", "maxLength": 2048}),
]
"""Every `next` of the query. OpenAPI speaks of one, since several are refused."""
ProviderName = Annotated[str, Path(max_length=40, pattern="^[a-z0-9_-]+$")]


def provider_called(name: str) -> Provider:
    """Return a provider. Raises NotFound for an unknown and for an unconfigured one alike."""
    found = PROVIDERS.get(name)
    if found is None or not found.settings.get().is_configured:
        raise NotFound
    return found


async def visit_of(provider: ProviderName, request: Request) -> Visit:
    """Count the request; return the browser and its logins. Raises NotFound, NotANavigation, TooManyRequests."""
    with _logging(provider):
        _refuse_subresource(request)
    visit = Visit(provider_called(provider), _under_way(request), database_of(request), documents_of(request))
    await limits.hit_address(visit.database, "token")
    return visit


def _refuse_subresource(request: Request) -> None:
    # Before counting: otherwise images on another site's page would use up its visitors' limits.
    sent = request.headers
    if sent.get("sec-fetch-mode", "navigate") != "navigate" or sent.get("sec-fetch-dest", "document") != "document":
        raise NotANavigation


def _under_way(request: Request) -> tuple[str, ...]:
    return transaction.read_cookie(request.cookies.get(transaction.COOKIE))


Visited = Annotated[Visit, Depends(visit_of)]


@contextmanager
def _logging(provider: str | None = None) -> Iterator[None]:
    try:
        yield
    except AppError as error:
        flow.log_refusal(provider, error)
        raise


@router.get("", dependencies=[PUBLIC])
async def list_providers() -> list[ProviderOut]:
    """List the providers to sign in with."""
    base = f"{CoreSettings.get().base_url}{PREFIX}"
    return [
        ProviderOut(name=each.name, title=each.title, login_url=f"{base}/{each.name}/login") for each in configured()
    ]


@router.get("/identities")
async def list_identities(caller: AccountWriter, db: Reading) -> list[IdentityOut]:
    """List the caller's identities."""
    return [IdentityOut.model_validate(each) for each in await service.list_identities(db, caller)]


@router.get("/{provider}/login", status_code=303, response_class=Response, dependencies=[PUBLIC])
async def start(
    visit: Visited,
    code_challenge: Annotated[Challenge, Query()],
    wished: Targets,
    max_age: Annotated[int | None, Query(ge=0, le=86_400)] = None,
) -> Response:
    """Go to the provider. `next` is one of SOCIAL_REDIRECTS or a path of this host.

    A code comes back there, behind `#`. `code_challenge` is the S256 challenge of a verifier that the front end keeps.
    With `max_age`, OpenID Connect providers ask again whoever last proved who they are more seconds ago: for what needs
    a recent login.
    """
    with _logging(visit.provider.name):
        target = flow.target_of(wished)
        return _go(*await flow.start(visit, target=target, challenge=code_challenge, max_age=max_age))


@router.get("/{provider}/callback", status_code=303, response_class=Response, dependencies=[PUBLIC])
async def finish(visit: Visited, request: Request) -> Response:
    """Come back from the provider. Leads to the front end with a code, behind `#`, that works once within a minute."""
    with _logging(visit.provider.name):
        return _go(*await flow.finish(visit, request.query_params))


def _go(url: str, under_way: tuple[str, ...]) -> Response:
    # A redirect has nothing to protect from its opener, and would part a window for the login from the page behind it.
    opener = {"Cross-Origin-Opener-Policy": "unsafe-none"}
    return RedirectResponse(url, 303, opener | {"Set-Cookie": transaction.set_cookie(under_way)})


@router.post("/token", dependencies=[PUBLIC, limit("token")], openapi_extra={"security": TOKEN_IF_ANY})
async def exchange(body: Opening, caller: SessionIfAny, database: Db, outbox: Mails) -> TokensOut:
    """Exchange a login's code for tokens. The first login of an identity makes an account."""
    with _logging():
        opened = await service.open_code(database, body.code, body.code_verifier)
    return await service.log_in(database, outbox, opened, previous=caller)


@router.post("/{provider}/link", status_code=204, dependencies=[limit("token")])
async def link(body: Opening, caller: RecentLogin, provider: ProviderName, database: Db, outbox: Mails) -> None:
    """Add the identity behind a login's code to the caller's account."""
    name = provider_called(provider).name
    with _logging(name):
        opened = await service.open_code(database, body.code, body.code_verifier)
        if opened.provider != name:
            raise InvalidToken
        await service.link(database, outbox, caller, opened)


@router.delete("/{provider}/link", status_code=204)
async def unlink(caller: RecentLogin, provider: ProviderName, database: Db, outbox: Mails) -> None:
    """Remove the provider's identity and end other sessions. Refused if it is the only way to log in."""
    await service.unlink(database, outbox, caller, provider)


@router.post("/confirm-email", status_code=204, dependencies=[limit("token")])
async def confirm_email(body: Confirmation, caller: AccountWriter, database: Db) -> None:
    """Confirm an e-mail address that the provider gave but has not verified."""
    await service.confirm_email(database, caller, body.token)

"""Send a browser to a provider, and take it back with proof of who it is (RFC 6749, section 4.1; RFC 9700)."""

import logging
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, NoReturn
from urllib.parse import quote_plus, urlencode

from starlette.datastructures import QueryParams

from ...audit.events import Event, log_event
from ...db import Database
from ...errors import AppError, BadRequest
from ...settings import CoreSettings
from .. import one_time
from ..one_time import Purpose
from . import outbound, transaction
from .outbound import Documents
from .provider import Endpoints, Identity, InvalidIssuer, Provider, ProviderRejected, string
from .settings import PREFIX, SocialSettings, redirect_uri
from .transaction import Transaction

CODE_LIFE = timedelta(seconds=60)
"""How long the front end may take to exchange the code from the callback."""
MAX_CODE_LENGTH = 4096

_REJECTIONS = ("invalid_grant", "bad_verification_code", 100)
"""The code or our verifier is not valid (RFC 6749, section 5.2); the second is GitHub's, the number Facebook's."""
_FAULTS = (
    *("invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"),
    *("incorrect_client_credentials", "redirect_uri_mismatch"),
)
"""Other errors that may be logged, the last two GitHub's. Any other text is untrusted, and may be a secret of ours."""
_ERRORS = (
    *("invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "server_error"),
    *("temporarily_unavailable", "interaction_required", "login_required", "consent_required"),
)
"""Those of the callback (RFC 6749, section 4.1.2.1; OIDC Core, section 3.1.2.6), likewise."""

# The form of a path of our own. No `//` or `\\` at the start, which browsers read as another host, and no `%`:
# nothing that a second decoding would turn into one (ASVS 1.1.1).
_OWN_PATH = re.compile(r"/(?!/)[A-Za-z0-9/._~?=&-]{0,500}")


class InvalidRedirect(BadRequest):
    """A `next` that is not listed: a login code must not be carried to anybody else (RFC 9700, section 4.11)."""

    code = "invalid_redirect"
    detail = "This is not an address that a login may lead to."


def target_of(wished: list[str]) -> str:
    """Return where to go after the login: `next`, which is listed or a path of our own. Raises InvalidRedirect.

    `wished` holds every `next` of the query; several are refused, since parsers may disagree which one counts.
    """
    listed = SocialSettings.get().social_redirects
    target = wished[0] if wished else _usual_target()
    if len(wished) > 1 or (target not in listed and not _OWN_PATH.fullmatch(target)):
        raise InvalidRedirect
    return target if target in listed else CoreSettings.get().base_url + target


def _usual_target() -> str:
    """Return where a login without `next` leads; empty if there is no such place."""
    in_development = () if CoreSettings.get().is_production else (f"{PREFIX}/page",)
    return next(iter((*SocialSettings.get().social_redirects, *in_development)), "")


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser on its way to a provider or back, with the secrets of its logins in progress."""

    provider: Provider
    browser: tuple[str, ...]
    database: Database
    documents: Documents


async def start(
    visit: Visit, *, target: str, challenge: str, max_age: int | None = None
) -> tuple[str, tuple[str, ...]]:
    """Begin a login; return where to send the browser and its logins now in progress.

    `max_age`, in seconds, asks the provider for a newer proof. Whether there is one is seen when it counts: the session
    is as old as the proof that the provider tells.
    """
    provider = visit.provider
    # First: if the provider is down, nothing must be left behind, and no transaction must wait for it.
    endpoints = await provider.endpoints(visit.documents)
    async with visit.database.transaction() as db:
        wish = transaction.Wish(provider=provider.name, target=target, challenge=challenge)
        begun, under_way = await transaction.begin(db, visit.browser, wish)
    query = {
        **provider.parameters(max_age),
        "response_type": "code",
        "client_id": provider.client.id,
        "redirect_uri": redirect_uri(provider.name),
        "scope": provider.scope,
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": transaction.challenge_of(begun.verifier),
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in endpoints.authorization else "?"
    # A redirect without a fragment inherits the previous one (RFC 9110, section 10.2.2): a login that leads to the
    # start of another would carry its code to that provider's page. Some clients ignore an empty fragment.
    return f"{endpoints.authorization}{joint}{urlencode(query)}#_", under_way


async def finish(visit: Visit, query: QueryParams) -> tuple[str, tuple[str, ...]]:
    """Take a browser back; return where to send it, with a code behind `#`, and its other logins in progress.

    Nobody is logged in yet, and no account is made (ASVS 7.6.2). Raises InvalidState before anything goes out.
    """
    states = query.getlist("state")
    async with visit.database.transaction() as db:
        state = states[0] if len(states) == 1 else ""
        taken = await transaction.take(db, visit.browser, provider=visit.provider.name, state=state)
    rest = tuple(each for each in visit.browser if each != taken.secret)
    # Behind `#`, which browsers never send: a code in a query ends up in logs (ASVS 14.2.1).
    return f"{taken.wish.target}#{await _outcome(visit, taken, query)}", rest


async def _outcome(visit: Visit, taken: Transaction, query: QueryParams) -> str:
    async with outbound.deadline():
        endpoints = await visit.provider.endpoints(visit.documents)
        _refuse_other_issuer(endpoints, query.getlist("iss"))
        proved = None if "error" in query else asdict(await _prove(endpoints, visit, taken, query))
    if proved is None:
        # Our own word: anybody who can send a browser here could write the provider's text (SO-5).
        told = query.getlist("error")
        reason = "login_cancelled" if told == ["access_denied"] else "provider_error"
        detail = told[0] if told[0] in _ERRORS else None
        name = visit.provider.name
        log_event(Event.LOGIN_FAILED, method="social_login", provider=name, reason=reason, detail=detail)
        return f"error={reason}"
    data = {"provider": visit.provider.name, "challenge": taken.wish.challenge, "identity": proved}
    async with visit.database.transaction() as db:
        code = await one_time.create(db, Purpose.SOCIAL_CODE, taken.fingerprint, data, life=CODE_LIFE)
    return f"code={code}"


def _refuse_other_issuer(endpoints: Endpoints, named: list[str]) -> None:
    # A wrong `iss` is another provider's answer, also if it is an error, and announced or not (RFC 9207, section 2.4).
    if endpoints.issuer and named != [endpoints.issuer] and (named or endpoints.announces_issuer):
        raise InvalidIssuer


async def _prove(endpoints: Endpoints, visit: Visit, taken: Transaction, query: QueryParams) -> Identity:
    tokens = await _exchange(endpoints, visit.provider, taken, _code(query))
    return await visit.provider.identify(visit.documents, tokens, taken.nonce)


def _code(query: QueryParams) -> str:
    codes = query.getlist("code")
    if len(codes) != 1 or not 0 < len(codes[0]) <= MAX_CODE_LENGTH:
        raise BadRequest("The provider's answer has no code, or several.")
    return codes[0]


async def _exchange(endpoints: Endpoints, provider: Provider, taken: Transaction, code: str) -> Mapping[str, Any]:
    client = provider.client
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri(provider.name),
        "code_verifier": taken.verifier,
    }
    identified = {"client_id": client.id, "client_secret": client.secret.get_secret_value()}
    basic = (quote_plus(identified["client_id"]), quote_plus(identified["client_secret"]))
    status, answer = await (
        outbound.post(endpoints.token, form, basic)
        if endpoints.takes_basic
        else outbound.post(endpoints.token, form | identified)
    )
    if not isinstance(answer, dict):
        outbound.fail(endpoints.token, "answer")
    # For a wrong code GitHub answers 200, with `error` in the body.
    if status >= 400 or "error" in answer:
        _refuse(endpoints.token, status, answer.get("error"))
    token = string(answer, "access_token")
    # A token of another type is used differently (RFC 6749, section 7.1).
    is_bearer = string(answer, "token_type").lower() == "bearer"
    if not (is_bearer and token.isascii() and token.isprintable() and token):
        outbound.fail(endpoints.token, "answer")
    return answer


def _refuse(url: str, status: int, error: object) -> NoReturn:
    """Raise ProviderRejected for a bad code, which a new login fixes; ProviderFailed for what the operator must fix."""
    if isinstance(error, dict):  # as Facebook says it
        error = error.get("code")
    if status in (200, 400) and error in _REJECTIONS:
        raise ProviderRejected
    told = f"status {status}, {error if error in _FAULTS else 'another error'}"
    # Of these, a stranger's made-up code may cause `invalid_request`: it must ring no alarm.
    is_ours = error in _FAULTS and error != "invalid_request"
    outbound.fail(url, told, level=logging.ERROR if is_ours else logging.INFO)


def log_refusal(provider: str | None, error: AppError) -> None:
    """Log a login that failed: the reason in our own words (ASVS 16.3.1)."""
    detail = getattr(error, "reason", None)
    log_event(Event.LOGIN_FAILED, method="social_login", provider=provider, reason=error.code, detail=detail)

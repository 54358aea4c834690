"""What a provider is, what it vouches for, and the ways in which it fails. `providers/` has one file for each."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...errors import BadRequest
from ...users.email import checked
from ...users.name import is_printable, without_ends
from .outbound import Documents, ProviderFailed
from .settings import Client, ClientSettings


class ProviderRejected(BadRequest):
    """The provider does not accept the code or our verifier."""

    code = "provider_rejected"
    detail = "The provider refused this login. Start again."


class InvalidIssuer(BadRequest):
    """The answer names a different provider than the one that was asked (RFC 9207, section 2.4)."""

    code = "invalid_issuer"
    detail = "The answer is not from the provider that was asked."


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The addresses of a provider, and what to expect there."""

    authorization: str
    token: str
    jwks: str = ""
    userinfo: str = ""
    takes_basic: bool = False
    """Whether the token endpoint wants the client's secret in a header instead of the form."""
    issuer: str | None = None
    """What `iss` at the callback must be; None for a provider where it has no fixed value."""
    announces_issuer: bool = False
    """Whether `iss` must be there (RFC 9207, section 2.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who logged in, as the provider says. Only issuer and subject identify; all else can change (OIDC Core, 5.7)."""

    issuer: str
    subject: str
    email: str | None
    is_email_proved: bool
    name: str
    picture: str
    proved_at: float | None = None
    """When the provider last saw proof, in seconds since 1970; None if it does not say."""


def identity(
    issuer: str, subject: object, profile: Mapping[str, Any], *, is_email_proved: bool, picture: object = None
) -> Identity:
    """Build an identity from a provider's answer. Raises ProviderFailed if it cannot be one.

    `profile` may have `email` and `name`, as text or not at all. An e-mail address that is invalid or written in
    composing characters, and a picture that is not an https address, count as absent.
    """
    if type(subject) is not str or not 0 < len(subject) <= 255 or not (subject.isascii() and subject.isprintable()):
        raise ProviderFailed("subject")
    email = _address(string(profile, "email"))
    name = without_ends("".join(filter(is_printable, string(profile, "name")))[:100])
    is_address = isinstance(picture, str) and re.fullmatch(r"https://[!-~]{1,492}", picture)
    return Identity(
        issuer=issuer,
        subject=subject,
        email=email,
        is_email_proved=is_email_proved and email is not None,
        name=name,
        picture=str(picture) if is_address else "",
    )


def string(document: Mapping[str, Any], name: str) -> str:
    """Return a member that is text, or "" when it is absent. Raises ProviderFailed for anything else."""
    value = document.get(name)
    if value is not None and not isinstance(value, str):
        raise ProviderFailed(name)
    return value or ""


def _address(email: str) -> str | None:
    try:
        found = checked(email)
    except ValueError:
        return None
    # Composed anew, the mailbox may be another person's: of the Kelvin sign, the address has a K (ASVS 1.5.3).
    return found if found.rpartition("@")[0] == email.rpartition("@")[0] else None


class Provider(ABC):
    """One place to sign in with."""

    name: ClassVar[str]
    """Used in URLs and in the database: never change it."""
    scope: ClassVar[str]
    """The scopes that are requested, and no more (ASVS 10.2.3)."""
    settings: ClassVar[type[ClientSettings]]

    @property
    @abstractmethod
    def title(self) -> str:
        """The name that people know."""

    def parameters(self, max_age: int | None) -> Mapping[str, str]:
        """Return what to send to the authorization endpoint besides what every provider gets.

        `max_age` is the greatest number of seconds since the last proof that the front end wants, if it can be asked.
        """
        return {}

    @property
    def client(self) -> Client:
        """The client that the provider knows this project as."""
        return self.settings.get().client

    def accepts(self, issuer: str) -> bool:
        """Whether people with an identity of this issuer can sign in."""
        return True

    @abstractmethod
    async def endpoints(self, documents: Documents) -> Endpoints:
        """Return where to ask. Raises ProviderFailed, ProviderTimeout."""

    @abstractmethod
    async def identify(self, documents: Documents, tokens: Mapping[str, Any], nonce: str) -> Identity:
        """Return who logged in, from the answer of the token endpoint.

        Raises ProviderFailed, ProviderTimeout, and what the provider's kind adds.
        """

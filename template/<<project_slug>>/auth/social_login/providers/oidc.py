"""An OpenID Connect issuer: Keycloak, Auth0, Okta, your company's own.

One that publishes its metadata, takes a client with a secret at its token endpoint, and signs its ID tokens with a
public key and our nonce, unencrypted. So not Apple, whose answer is a form, nor LinkedIn, whose tokens lack the nonce.
"""

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field, SecretStr

from ....settings import Words
from ..openid import OpenIDProvider
from ..settings import ClientSettings, is_safe


class OIDCSettings(ClientSettings):
    """The issuer, which we trust to say which e-mail addresses are verified, and the client that it knows."""

    provider: ClassVar[str] = "oidc"
    oidc_issuer: str = ""
    """Exactly as in its metadata, including any trailing slash."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = "OpenID Connect"
    """Its name on the sign-in page and in mails."""
    oidc_audiences: Words = ()
    """Others that its ID tokens may be for too, if it always adds some, such as the id of a project."""
    oidc_max_age_minutes: int = Field(default=0, ge=0, le=43_200)
    """Whoever last proved who they are longer ago must do so again. 0 means that any session at the issuer will do."""

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        if self.oidc_issuer and not is_safe(self.oidc_issuer):
            yield "OIDC_ISSUER must be an https:// address whose host has a name with a dot: what it says is believed."

    @classmethod
    def needed(cls) -> tuple[str, ...]:
        return "oidc_issuer", *super().needed()


class OIDC(OpenIDProvider):
    name = "oidc"
    settings = OIDCSettings

    @property
    def title(self) -> str:
        return OIDCSettings.get().oidc_name

    @property
    def issuer(self) -> str:
        return OIDCSettings.get().oidc_issuer

    @property
    def other_audiences(self) -> tuple[str, ...]:
        return OIDCSettings.get().oidc_audiences

    @property
    def max_age(self) -> int | None:
        return OIDCSettings.get().oidc_max_age_minutes * 60 or None


oidc = OIDC()

"""Microsoft: work, school and personal accounts. Register an app in its Entra admin center."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import SecretStr, field_validator

from ....settings import Words
from ..openid import InvalidIDToken, OpenIDProvider
from ..outbound import Documents
from ..provider import Endpoints
from ..settings import ClientSettings

AUTHORITY = "https://login.microsoftonline.com"
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant of personal accounts."""

_TENANT_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MicrosoftSettings(ClientSettings):
    """The client that Microsoft knows, and whose accounts may sign in."""

    provider: ClassVar[str] = "microsoft"
    microsoft_client_id: str = ""
    microsoft_client_secret: SecretStr = SecretStr("")
    microsoft_tenant: str = "common"
    """`common`, `organizations`, or the id of one tenant."""
    microsoft_tenants: Words = ()
    """Ids of the tenants whose accounts may sign in; empty means all that `microsoft_tenant` lets in."""

    @field_validator("microsoft_tenant")
    @classmethod
    def _is_tenant(cls, value: str) -> str:
        if value in ("common", "organizations") or _TENANT_ID.fullmatch(value):
            return value
        raise ValueError("must be common, organizations, or the id of a tenant in lower case")

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        if not all(map(_TENANT_ID.fullmatch, self.microsoft_tenants)):
            yield "MICROSOFT_TENANTS must be ids of tenants, in lower case."


class Microsoft(OpenIDProvider):
    name = "microsoft"
    title = "Microsoft"
    settings = MicrosoftSettings

    @property
    def issuer(self) -> str:
        # The metadata that all tenants share has a template for an issuer (SO-2).
        tenant = MicrosoftSettings.get().microsoft_tenant
        return _issuer("{tenantid}" if tenant in ("common", "organizations") else tenant)

    @property
    def discovery(self) -> str:
        return f"{_issuer(MicrosoftSettings.get().microsoft_tenant)}/.well-known/openid-configuration"

    async def endpoints(self, documents: Documents) -> Endpoints:
        found = await super().endpoints(documents)
        # With several tenants, the answer's issuer is not known beforehand, so `iss` at the callback is not compared.
        return replace(found, issuer=None) if "{tenantid}" in self.issuer else found

    def issuer_for(self, claims: Mapping[str, Any]) -> str:
        settings, tenant = MicrosoftSettings.get(), str(claims.get("tid"))
        # The claim comes from the token: it fills the template only if it is the id of a tenant that may sign in.
        is_personal = settings.microsoft_tenant == "organizations" and tenant == PERSONAL
        is_allowed = tenant in (settings.microsoft_tenants or (tenant,)) and not is_personal
        if not (is_allowed and _TENANT_ID.fullmatch(tenant)):
            raise InvalidIDToken("tid")
        return self.issuer.replace("{tenantid}", tenant)

    def accepts(self, issuer: str) -> bool:
        tenant = issuer.removeprefix(f"{AUTHORITY}/").partition("/")[0]
        try:
            return self.issuer_for({"tid": tenant}) == issuer
        except InvalidIDToken:
            return False

    def may_sign(self, jwk: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
        # One document has the keys of all tenants; each key names its issuer: the template, or one tenant's.
        issuer = str(claims["iss"])
        return str(jwk.get("issuer", issuer)).replace("{tenantid}", str(claims["tid"])) == issuer

    def is_email_proved(self, claims: Mapping[str, Any]) -> bool:
        # Any tenant's administrator can write any address into an account (nOAuth); `xms_edov` says that the
        # tenant has proved the address's domain.
        return claims.get("xms_edov") in (True, "1")


def _issuer(tenant: str) -> str:
    return f"{AUTHORITY}/{tenant}/v2.0"


microsoft = Microsoft()

"""Facebook, which uses OAuth 2.0 and does not say whether an address is proved."""

import hmac
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import SecretStr

from .. import outbound
from ..outbound import Documents, ProviderFailed
from ..provider import Endpoints, Identity, Provider, identity, string
from ..settings import ClientSettings

SITE = "https://www.facebook.com"
API = "https://graph.facebook.com"
VERSION = "v23.0"


class FacebookSettings(ClientSettings):
    """The app that Facebook knows. Create one on its developer site, with the product "Facebook Login"."""

    provider: ClassVar[str] = "facebook"
    facebook_client_id: str = ""
    facebook_client_secret: SecretStr = SecretStr("")


class Facebook(Provider):
    name = "facebook"
    title = "Facebook"
    scope = "email public_profile"
    settings = FacebookSettings

    async def endpoints(self, documents: Documents) -> Endpoints:
        return Endpoints(authorization=f"{SITE}/{VERSION}/dialog/oauth", token=f"{API}/{VERSION}/oauth/access_token")

    async def identify(self, _: Documents, tokens: Mapping[str, Any], nonce: str) -> Identity:
        token = string(tokens, "access_token")
        # Proves that the token is used by the app it was made for (SO-4).
        key = FacebookSettings.get().facebook_client_secret.get_secret_value().encode()
        proof = hmac.new(key, token.encode(), "sha256").hexdigest()
        asked = {"fields": "id,name,email,picture", "appsecret_proof": proof}
        user = await outbound.get(f"{API}/{VERSION}/me", token=token, **asked)
        if not isinstance(user, dict):
            raise ProviderFailed("answer")
        return identity(SITE, user.get("id"), user, is_email_proved=False, picture=_picture(user))


def _picture(user: Mapping[str, Any]) -> object:
    match user.get("picture"):
        case {"data": {"url": url}}:
            return url
    return None


facebook = Facebook()

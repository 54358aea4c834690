"""GitHub, which uses OAuth 2.0 without ID tokens. Register an OAuth app under "Developer settings"."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import SecretStr

from .. import outbound
from ..outbound import Documents, ProviderFailed
from ..provider import Endpoints, Identity, Provider, identity, string
from ..settings import ClientSettings

SITE = "https://github.com"
API = "https://api.github.com"


class GitHubSettings(ClientSettings):
    """The client that GitHub knows."""

    provider: ClassVar[str] = "github"
    github_client_id: str = ""
    github_client_secret: SecretStr = SecretStr("")


class GitHub(Provider):
    name = "github"
    title = "GitHub"
    scope = "user:email"
    settings = GitHubSettings

    async def endpoints(self, documents: Documents) -> Endpoints:
        return Endpoints(authorization=f"{SITE}/login/oauth/authorize", token=f"{SITE}/login/oauth/access_token")

    async def identify(self, _: Documents, tokens: Mapping[str, Any], nonce: str) -> Identity:
        token = string(tokens, "access_token")
        user = await outbound.get(f"{API}/user", token=token)
        email = _primary(await outbound.get(f"{API}/user/emails", token=token, per_page="100"))
        # The number: a login can be renamed, and anybody may then take the old one (SO-3).
        if not isinstance(user, dict) or type(user.get("id")) is not int or user["id"] <= 0:
            raise ProviderFailed("answer")
        profile = {"email": email, "name": string(user, "name") or string(user, "login")}
        is_proved = email is not None
        return identity(SITE, str(user["id"]), profile, is_email_proved=is_proved, picture=user.get("avatar_url"))


def _primary(emails: Any) -> str | None:
    """Return the primary, verified address; a profile's public address may be neither."""
    if not isinstance(emails, list) or not all(isinstance(each, dict) for each in emails):
        raise ProviderFailed("answer")
    proved = [each for each in emails if each.get("primary") is True and each.get("verified") is True]
    return string(proved[0], "email") if proved else None


github = GitHub()

"""GitLab, a provider of the owner's."""

from typing import ClassVar

from pydantic import SecretStr

from .auth.social_login.openid import OpenIDProvider
from .auth.social_login.settings import ClientSettings

ISSUER = "https://gitlab.com"


class GitLabSettings(ClientSettings):
    """The client that GitLab knows."""

    provider: ClassVar[str] = "gitlab"
    gitlab_client_id: str = ""
    gitlab_client_secret: SecretStr = SecretStr("")


class GitLab(OpenIDProvider):
    name = "gitlab"
    title = "GitLab"
    settings = GitLabSettings

    @property
    def issuer(self) -> str:
        return ISSUER


gitlab = GitLab()

"""What a secret may be used for, and the one response to a bad one."""

from enum import StrEnum

from ...audit.events import Event
from ...errors import BadRequest


class Purpose(StrEnum):
    """What a secret may be used for. One made for one purpose finds nothing under another (9.2.2)."""

    REGISTER = "register"
    RESET_PASSWORD = "reset_password"
    CHANGE_EMAIL = "change_email"
    SOCIAL_LOGIN = "social_login"
    SOCIAL_CODE = "social_code"
    SOCIAL_EMAIL = "social_email"


class InvalidToken(BadRequest):
    """Unknown, used, expired, superseded or somebody else's: one response for all (ASVS 6.3.8)."""

    code = "invalid_token"
    detail = "This link or code is not valid. Ask for a new one."
    event = Event.CREDENTIAL_REFUSED  # somebody may be guessing (ASVS 16.3.1)

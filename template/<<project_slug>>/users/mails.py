"""The mail about an account."""

from ..mail.messages import Message


def account_deleted(to: str) -> Message:
    """Tell the owner that the account is gone (ASVS 6.3.7)."""
    body = "Your account was deleted, with everything that belonged to it."
    return Message(to, "Your account was deleted", body + "\n\nIf this was not you, somebody was in your account.")

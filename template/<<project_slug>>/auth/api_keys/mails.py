"""The mail about a key."""

from ...mail.messages import Message


def key_created(to: str, name: str) -> Message:
    """Tell the owner about a new key (ASVS 6.3.7)."""
    body = f'Your account has a new API key, called "{name}".'
    return Message(to, "A new API key", body + "\n\nIf this was not you, revoke it now: somebody is in your account.")

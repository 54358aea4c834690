"""The mail about a session."""

from ...mail.messages import Message


def device_logged_out(to: str) -> Message:
    """Tell the owner that a session was ended because its refresh token was used twice (ASVS 6.3.5)."""
    body = "A device was logged out because its token was used twice, which may mean that it was stolen."
    return Message(to, "A device was logged out", body + "\n\nIf you do not know why, end all of your sessions.")

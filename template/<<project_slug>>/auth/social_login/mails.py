"""The mails about identities and their addresses."""

from ...mail.messages import Message, code_or_link

_NOT_YOU = "\n\nIf this was not you, log in, remove it, and end your sessions."


def prove_address(to: str, code: str) -> Message:
    """Ask the owner of an address from a provider to confirm that it is theirs."""
    body = "Confirm, while you are logged in, that this is the address of your account. It works once, for a day.\n\n"
    closing = (
        "\n\nIf you did not sign in, ignore this mail: nobody gets your address without it.\n\n"
        "If you did, but had an account with this address before, the new one cannot have it. To use this sign-in for "
        "the old one, delete the account that it has just opened, then log in to the old one and add it there."
    )
    return Message(to, "Confirm your address", body + code_or_link("/confirm-social-email", code) + closing)


def linked(to: str, title: str) -> Message:
    """Tell the owner about a new way to log in (ASVS 6.3.7)."""
    return Message(to, "A sign-in was added", f"You can now log in to your account with {title}.{_NOT_YOU}")


def unlinked(to: str, title: str) -> Message:
    """Tell the owner that a way to log in was removed (ASVS 6.3.7)."""
    body = f"You can no longer log in to your account with {title}. Your other sessions have ended."
    return Message(to, "A sign-in was removed", body)

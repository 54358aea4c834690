"""The mails about passwords and e-mail addresses. None contains a password, and a notice contains no code."""

from collections.abc import Callable

from ...mail.messages import Message, code_or_link
from .settings import PasswordSettings

Notice = Callable[[str], Message]
"""Writes a mail to an address."""

_NOT_YOU = "\n\nIf this was not you, reset your password now."


def _life_of_a_proof() -> str:
    return f"It works once, within {PasswordSettings.get().verify_hours} hours."


def prove_address(to: str, code: str) -> Message:
    """Ask the owner of an address to confirm a sign-up with the chosen password."""
    body = f"Confirm your e-mail address with this and the password you chose. {_life_of_a_proof()}\n\n"
    closing = "\n\nIf you did not sign up, ignore this mail: nothing has been created."
    return Message(to, "Confirm your e-mail address", body + code_or_link("/verify-email", code) + closing)


def already_registered(to: str) -> Message:
    """Tell the owner of an account that somebody tried to sign up with their address."""
    body = "Somebody, perhaps you, tried to sign up with this address. You already have an account: log in, or reset "
    return Message(to, "You already have an account", body + "your password if you have forgotten it.")


def reset_password(to: str, code: str) -> Message:
    """Send the code that sets a new password."""
    minutes = PasswordSettings.get().reset_minutes
    body = f"Set a new password with this. It works once, within {minutes} minutes.\n\n"
    closing = "\n\nIf you did not ask for it, ignore this mail: nothing has changed."
    return Message(to, "Reset your password", body + code_or_link("/reset-password", code) + closing)


def confirm_new_address(to: str, code: str) -> Message:
    """Ask for confirmation of an account's new address."""
    body = f"Confirm that this is the new e-mail address of your account. {_life_of_a_proof()}\n\n"
    return Message(to, "Confirm your new e-mail address", body + code_or_link("/confirm-email", code))


def password_changed(to: str) -> Message:
    """Tell the owner that the password was changed (ASVS 6.3.7)."""
    return Message(to, "Your password was changed", "The password of your account was changed." + _NOT_YOU)


def address_changed(to: str) -> Message:
    """Tell the previous address that it no longer belongs to the account (ASVS 6.3.7)."""
    closing = "\n\nIf this was not you, contact whoever runs this service at once: resets no longer reach you here."
    return Message(to, "Your e-mail address was changed", "Your account has a new e-mail address." + closing)


def address_in_use(to: str) -> Message:
    """Tell the owner of an account that another account asked for its address."""
    body = "Somebody with another account tried to use this e-mail address. Nothing has changed."
    return Message(to, "Somebody tried to use your e-mail address", body)


def guessed(to: str) -> Message:
    """Tell the owner of a login that followed many failures (ASVS 6.3.5)."""
    body = "Somebody logged in to your account after several wrong passwords." + _NOT_YOU
    return Message(to, "A login after failed attempts", body)

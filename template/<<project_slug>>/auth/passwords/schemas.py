"""Bodies of the password endpoints."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from ...schemas import Input, no_controls
from ...users.email import Email

Code = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]
"""A secret from a mail."""

Secret = Annotated[str, StringConstraints(min_length=1, max_length=1024), AfterValidator(no_controls)]
"""A password or token as it was typed: never trimmed, folded or normalised (ASVS 6.2.8). Long enough for any, short
enough that hashing it costs nothing extra."""

NewPassword = Annotated[Secret, Field(description="15 to 128 characters by default, and not a common password.")]
"""The password policy, which is stricter than this type, says why it refuses one."""


class Registration(Input):
    """A sign-up."""

    email: Email
    password: NewPassword


class EmailVerification(Input):
    """The mailed code and the password of the sign-up."""

    token: Code
    password: Secret


class PasswordResetRequest(Input):
    """Whose password is to be reset."""

    email: Email


class PasswordReset(Input):
    """The mailed code and a new password."""

    token: Code
    new_password: NewPassword


class PasswordChange(Input):
    """The current password and a new one."""

    current_password: Secret
    new_password: NewPassword


class EmailChange(Input):
    """A new e-mail address."""

    email: Email


class EmailChangeConfirmation(Input):
    """The code mailed to the new e-mail address."""

    token: Code

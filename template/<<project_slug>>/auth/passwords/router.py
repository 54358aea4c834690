"""Register, verify an e-mail address, reset and change a password, change the e-mail address."""

from fastapi import APIRouter, Response

from ...db import Db
from ...errors import BadRequest
from ...limits.service import limit
from ...mail.outbox import Mails
from ..dependencies import PUBLIC, AccountWriter, RecentLogin
from . import email_change, registration, schemas, service
from .login import WrongPassword

router = APIRouter(prefix="/auth", tags=["account"])


@router.post("/register", status_code=202, response_class=Response, dependencies=[PUBLIC, limit("mail")])
async def register(body: schemas.Registration, database: Db, outbox: Mails) -> None:
    """Sign up. The response is 202 whether or not the address has an account; a mail says what comes next."""
    await registration.register(database, outbox, body.email, body.password)


@router.post("/verify-email", status_code=204, dependencies=[PUBLIC, limit("token")])
async def verify_email(body: schemas.EmailVerification, database: Db) -> None:
    """Verify the e-mail address of a sign-up, which creates the account. Log in afterwards."""
    await registration.prove(database, body.token, body.password)


@router.post("/forgot-password", status_code=202, response_class=Response, dependencies=[PUBLIC, limit("mail")])
async def forgot_password(body: schemas.PasswordResetRequest, database: Db, outbox: Mails) -> None:
    """Request a reset code by mail. The response is 202 for every address."""
    await service.request_reset(database, outbox, body.email)


@router.post("/reset-password", status_code=204, dependencies=[PUBLIC, limit("token")])
async def reset_password(body: schemas.PasswordReset, database: Db, outbox: Mails) -> None:
    """Set a new password with a mailed code. Revokes all existing access."""
    await service.reset(database, outbox, body.token, body.new_password)


@router.post("/change-password", status_code=204, dependencies=[limit("login")])
async def change_password(body: schemas.PasswordChange, caller: AccountWriter, database: Db, outbox: Mails) -> None:
    """Change the password. Ends all other logins."""
    try:
        await service.change(database, outbox, caller, body.current_password, body.new_password)
    except WrongPassword:
        raise BadRequest("The current password is wrong.", code="invalid_credentials") from None


@router.post("/change-email", status_code=202, response_class=Response, dependencies=[limit("mail")])
async def change_email(body: schemas.EmailChange, caller: RecentLogin, database: Db, outbox: Mails) -> None:
    """Request a new e-mail address; it counts once the code mailed to it comes back."""
    await email_change.request(database, outbox, caller, body.email)


@router.post("/confirm-email", status_code=204, dependencies=[limit("token")])
async def confirm_email(
    body: schemas.EmailChangeConfirmation, caller: AccountWriter, database: Db, outbox: Mails
) -> None:
    """Confirm the new e-mail address. Ends all other logins."""
    await email_change.confirm(database, outbox, caller, body.token)

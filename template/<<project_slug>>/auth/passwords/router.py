"""Register, prove an address, reset and change a password, change the address."""

from fastapi import APIRouter

from ...db import Db
from ...errors import BadRequest
from ...limits.service import limit
from ...mail.outbox import Mails
from ..dependencies import PUBLIC, AccountWriter, RecentLogin
from . import email_change, registration, service
from .login import WrongPassword
from .schemas import Change, EmailChange, EmailConfirmation, Forgotten, Proof, Registration, Reset

router = APIRouter(prefix="/auth", tags=["account"])


@router.post("/register", status_code=202, dependencies=[PUBLIC, limit("mail")])
async def register(body: Registration, database: Db, outbox: Mails) -> None:
    """Sign up. The answer is 202 whether or not the address has an account; a mail says what comes next."""
    await registration.register(database, outbox, body.email, body.password)


@router.post("/verify-email", status_code=204, dependencies=[PUBLIC, limit("token")])
async def verify_email(body: Proof, database: Db) -> None:
    """Prove the address of a sign-up, which creates the account. Log in afterwards."""
    await registration.prove(database, body.token, body.password)


@router.post("/forgot-password", status_code=202, dependencies=[PUBLIC, limit("mail")])
async def forgot_password(body: Forgotten, database: Db, outbox: Mails) -> None:
    """Ask for a reset code by mail. The answer is 202 for every address."""
    await service.forget(database, outbox, body.email)


@router.post("/reset-password", status_code=204, dependencies=[PUBLIC, limit("token")])
async def reset_password(body: Reset, database: Db, outbox: Mails) -> None:
    """Set a new password with a mailed code. Ends all access that there was."""
    await service.reset(database, outbox, body.token, body.new_password)


@router.post("/change-password", status_code=204, dependencies=[limit("login")])
async def change_password(body: Change, caller: AccountWriter, database: Db, outbox: Mails) -> None:
    """Change the password. Ends all other access."""
    try:
        await service.change(database, outbox, caller, body.current_password, body.new_password)
    except WrongPassword:
        raise BadRequest("The current password is wrong.", code="invalid_credentials") from None


@router.post("/change-email", status_code=202, dependencies=[limit("mail")])
async def change_email(body: EmailChange, caller: RecentLogin, database: Db, outbox: Mails) -> None:
    """Ask for another address; it counts once the code mailed to it comes back."""
    await email_change.request(database, outbox, caller, body.email)


@router.post("/confirm-email", status_code=204, dependencies=[limit("token")])
async def confirm_email(body: EmailConfirmation, caller: AccountWriter, database: Db, outbox: Mails) -> None:
    """Prove the new address. Ends all other access."""
    await email_change.confirm(database, outbox, caller, body.token)

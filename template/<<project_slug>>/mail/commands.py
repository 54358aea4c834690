"""Mail from the command line."""

import typer

from ..cli import asynchronous, refuse_unsafe
from ..users.email import checked
from .messages import Message
from .outbox import TRANSPORTS
from .settings import MailSettings

app = typer.Typer(help="Send a mail, to see that it arrives.")


@app.command("try")
@asynchronous
async def send_one(email: str) -> None:
    """Send a mail as the app would, once, and report what the mail server answers."""
    refuse_unsafe(MailSettings)
    if off := list(MailSettings.get().hints()):
        raise SystemExit("\n".join(off))
    try:
        await _send(Message(checked(email), "Mail works", "Sent by the command `mail try`.\n"))
    except ValueError:
        raise SystemExit(f"{email} is not an e-mail address.") from None
    typer.echo(f"Sent to {email}.")


async def _send(message: Message) -> None:
    try:
        await TRANSPORTS[MailSettings.get().mail_transport](message)
    except Exception as error:
        reason = error.__cause__ or error
        raise SystemExit(f"Not sent: {type(reason).__name__} {reason}") from None

"""Send mails by SMTP."""

import aiosmtplib

from .messages import Message
from .settings import MailSettings


async def carry(message: Message) -> None:
    """Hand the mail to the server. Raises aiosmtplib.SMTPException. Certificates are verified (ASVS 12.3.2)."""
    settings = MailSettings.get()
    await aiosmtplib.send(
        message.as_email(),
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username or None,
        password=settings.smtp_password.get_secret_value() or None,
        use_tls=settings.smtp_tls == "tls",
        start_tls=settings.smtp_tls == "starttls",
        timeout=settings.smtp_timeout,
    )

"""Send mails by SMTP."""

import asyncio
import ssl
from functools import cache

import aiosmtplib

from .messages import Message, Undeliverable
from .settings import MailSettings

PERMANENT = 500
"""Replies from here on are permanent failures (RFC 5321, section 4.2.1)."""


async def carry(message: Message) -> None:
    """Hand the mail to the server, whose certificate is verified (ASVS 12.3.2).

    Raises Undeliverable when the server refuses it for good or cannot take such an address, aiosmtplib.SMTPException
    when it may accept it later.
    """
    try:
        await _send(message)
    except aiosmtplib.SMTPException as error:
        if _is_final(error) or (isinstance(error, aiosmtplib.SMTPNotSupported) and not message.to.isascii()):
            raise Undeliverable from error
        raise


def _is_final(error: aiosmtplib.SMTPException) -> bool:
    # All other replies may be about us, and affect every mail: they must be logged as errors. So may 5.7, also to RCPT:
    # relaying or our sender is denied (RFC 3463, section 3.8).
    return isinstance(error, aiosmtplib.SMTPRecipientsRefused) and all(
        reply.code >= PERMANENT and not reply.message.startswith("5.7.") for reply in error.recipients
    )


async def _send(message: Message) -> None:
    settings = MailSettings.get()
    await aiosmtplib.send(
        message.as_email(),
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username or None,
        password=settings.smtp_password.get_secret_value() or None,
        use_tls=settings.smtp_tls == "tls",
        start_tls=settings.smtp_tls == "starttls",
        tls_context=await asyncio.to_thread(_tls),
        timeout=settings.smtp_timeout,
    )


@cache
def _tls() -> ssl.SSLContext:
    """Made once, and in a thread: reading the certificates takes some 30 ms.

    Whoever calls the API meanwhile would notice, and learn that somebody is mailed: has an account (ASVS 6.3.8).
    """
    return ssl.create_default_context()

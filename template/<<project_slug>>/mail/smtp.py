"""Send mails by SMTP."""

import asyncio
import re
import ssl
from functools import cache
from typing import Any

import aiosmtplib

from .messages import Message, Undeliverable
from .settings import MailSettings

PERMANENT = 500
"""Replies from here on are permanent failures (RFC 5321, section 4.2.1)."""
HANDOVER = 60
"""Seconds for the reply to a mail: accepted after we hung up, it arrives once more (RFC 5321, section 4.5.3.2.6)."""
ABOUT_US = re.compile(r"5\.(1\.[78]\b|[37]\.|5\.[1-9])")
"""Our sender, the server itself, its policy, or our commands (RFC 3463)."""


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
    # All other replies may be about us, and affect every mail: they must be logged as errors. So may some to RCPT: that
    # is where Postfix says what it thinks of HELO and MAIL.
    return isinstance(error, aiosmtplib.SMTPRecipientsRefused) and all(
        reply.code >= PERMANENT and not ABOUT_US.match(reply.message) for reply in error.recipients
    )


class Server(aiosmtplib.SMTP):
    """A mail server that has more time for the mail itself."""

    async def data(self, message: str | bytes, /, **_: Any) -> aiosmtplib.SMTPResponse:
        """Hand over the mail."""
        return await super().data(message, timeout=max(MailSettings.get().smtp_timeout, HANDOVER))


async def _send(message: Message) -> None:
    settings = MailSettings.get()
    server = Server(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username or None,
        password=settings.smtp_password.get_secret_value() or None,
        use_tls=settings.smtp_tls == "tls",
        start_tls=settings.smtp_tls == "starttls",
        tls_context=await asyncio.to_thread(_tls),
        timeout=settings.smtp_timeout,
        # The default is this machine's name: every recipient could read it, and servers refuse a container's.
        local_hostname=settings.sender.domain,
    )
    async with server:
        await server.send_message(message.as_email())


@cache
def _tls() -> ssl.SSLContext:
    """Made once, and in a thread: reading the certificates takes some 30 ms.

    Whoever calls the API meanwhile would notice, and learn that somebody is mailed: has an account (ASVS 6.3.8).
    """
    return ssl.create_default_context()

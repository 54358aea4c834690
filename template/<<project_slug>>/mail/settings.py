"""How mail is sent."""

import re
from collections.abc import Iterator
from contextlib import suppress
from email.headerregistry import Address
from email.utils import getaddresses, parseaddr
from ipaddress import ip_address
from typing import Literal

from pydantic import Field, SecretStr

from ..limits.settings import LimitSettings
from ..settings import LOOPBACK, Settings

NO_SERVER = "SMTP_HOST names the mail server; without it no mail is sent. For development: MAIL_TRANSPORT=console."


class MailSettings(Settings):
    """The mail server. With `console`, for development, mails are printed."""

    mail_transport: Literal["console", "smtp"] = "smtp"
    mail_from: str = "no-reply@localhost"
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_timeout: float = Field(default=10, gt=0, le=3600)
    frontend_url: str = ""
    """The URL of your pages, for links in mails; empty means that mails only show the code."""

    @property
    def sender(self) -> Address:
        """Who mails come from. As text, EmailMessage would take `My API: News <...>` for a group."""
        name, address = parseaddr(self.mail_from)
        local, _, domain = address.rpartition("@")
        return Address(name, local, domain or "localhost")

    @classmethod
    def first_values(cls) -> dict[str, str]:
        return {"MAIL_TRANSPORT": "console"}

    def hints(self) -> Iterator[str]:
        if self.mail_transport == "smtp" and not self.smtp_host:
            yield NO_SERVER

    def problems(self) -> Iterator[str]:
        if self.mail_transport == "console":
            yield "MAIL_TRANSPORT=console would write reset codes to the log; use smtp."
        elif not self.smtp_host:
            yield NO_SERVER
        elif not _is_host(self.smtp_host):
            yield "SMTP_HOST must be a host name or an IP address and nothing else; the port goes into SMTP_PORT."
        elif bool(self.smtp_username) != bool(self.smtp_password.get_secret_value()):
            yield "SMTP_USERNAME and SMTP_PASSWORD must both be set, or neither."
        elif self.smtp_tls == "none" and self.smtp_host not in LOOPBACK:
            yield "SMTP_TLS=none sends reset codes in the clear; use starttls or tls."
        if not _is_sender(self.mail_from):
            yield "MAIL_FROM must be an ASCII address your server may send from, like My API <no-reply@example.com>."
        if self.frontend_url and not self.frontend_url.startswith("https://"):
            yield "FRONTEND_URL must be an https:// URL."


def _is_host(text: str) -> bool:
    with suppress(ValueError):
        return bool(ip_address(text))
    return re.fullmatch(r"[\w.-]+", text, re.ASCII) is not None


def _is_sender(text: str) -> bool:
    addresses = [address for _, address in getaddresses([text])]
    local, _, domain = addresses[0].rpartition("@") if len(addresses) == 1 else ("", "", "")
    # EmailMessage treats some non-printable characters as line breaks and refuses the mail.
    return text.isprintable() and bool(local) and local.isascii() and domain != "localhost" and _is_host(domain)


class MailLimits(LimitSettings):
    """Without them, this project would be a tool to flood a mailbox."""

    limit_mail: str = "20/hour"
    """Requests that send mail to addresses that anybody may enter, by the requester's IP address."""
    limit_mail_account: str = "5/hour"
    """Mails of one kind to one e-mail address that one requester may trigger."""
    limit_mailbox: str = "20/hour"
    """The same, for all requesters. If close to the other limit, one stranger could use up the owner's share."""

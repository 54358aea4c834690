"""The text of mails."""

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from secrets import token_hex
from time import time

from ..users.email import ascii_domain
from .settings import MailSettings


class Undeliverable(Exception):
    """A mail that the server will never accept."""


@dataclass(frozen=True, slots=True)
class Message:
    """A mail to one e-mail address. The body is plain text: nothing in it is interpreted (ASVS 1.3.7).

    The subject is logged if the mail cannot be sent. Each try sends the same id and date (in seconds since 1970), so
    that servers know what comes twice.
    """

    to: str
    subject: str
    body: str
    id: str = field(default_factory=lambda: token_hex(16), compare=False)
    written_at: float = field(default_factory=time, compare=False)

    def as_email(self) -> EmailMessage:
        """Return the message to send. EmailMessage refuses line breaks in headers (ASVS 1.3.11)."""
        mail = EmailMessage()
        sender = MailSettings.get().sender
        mail["From"], mail["To"] = sender, _deliverable(self.to)
        mail["Subject"] = self.subject
        mail["Date"] = formatdate(self.written_at)
        mail["Message-ID"] = f"<{self.id}@{sender.domain}>"
        mail["Auto-Submitted"] = "auto-generated"  # or whoever is on holiday answers (RFC 3834, section 5)
        mail.set_content(self.body)
        return mail


def _deliverable(address: str) -> str:
    # With its domain in ASCII: in Unicode, many servers take none.
    local, _, domain = address.rpartition("@")
    return f"{local}@{ascii_domain(domain)}"


def code_or_link(path: str, code: str) -> str:
    """Return how to use a code: a link to your pages if they are known, otherwise the code itself.

    After `#`, which browsers never send: a code in a query ends up in logs (ASVS 14.2.1).
    """
    pages = MailSettings.get().frontend_url.rstrip("/")
    return f"{pages}{path}#token={code}" if pages else f"Code: {code}"

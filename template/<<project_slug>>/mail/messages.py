"""The text of mails."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

from .settings import MailSettings


class Undeliverable(Exception):
    """A mail that the server will never accept."""


@dataclass(frozen=True, slots=True)
class Message:
    """A mail to one e-mail address. The body is plain text: nothing in it is interpreted (ASVS 1.3.7)."""

    to: str
    subject: str
    body: str

    def as_email(self) -> EmailMessage:
        """Return the message to send. EmailMessage refuses line breaks in headers (ASVS 1.3.11)."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = MailSettings.get().mail_from, self.to, self.subject
        # The default would look up this machine's name and reveal it to every recipient.
        domain = parseaddr(MailSettings.get().mail_from)[1].rpartition("@")[2]
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain=domain)
        mail.set_content(self.body)
        return mail


def code_or_link(path: str, code: str) -> str:
    """Return how to use a code: a link to your pages if they are known, otherwise the code itself.

    After `#`, which browsers never send: a code in a query ends up in logs (ASVS 14.2.1).
    """
    pages = MailSettings.get().frontend_url.rstrip("/")
    return f"{pages}{path}#token={code}" if pages else f"Code: {code}"

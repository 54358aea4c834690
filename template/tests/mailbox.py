"""A mail server for tests."""

import asyncio
import re
import socket
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Mailbox:
    """Every mail that was delivered, oldest first, the name of who brought it, and every login."""

    def __init__(self, **options: Any) -> None:
        self.mails: list[EmailMessage] = []
        self.logins: list[LoginPassword] = []
        self.clients: list[str] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, authenticator=self._log_in, **options)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for _turn in range(10):  # lets closing connections close: Python's warning would fail a later test
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._controller.loop).result()
        self._controller.stop()

    def _log_in(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        self.logins.append(given)
        return AuthResult(success=True)

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a mail."""
        assert isinstance(envelope.content, bytes)
        self.clients.append(f"{session.host_name}")
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def clear(self) -> None:
        """Forget every mail."""
        self.mails.clear()

    def to(self, address: str) -> list[EmailMessage]:
        """Return the mails to an address."""
        return [mail for mail in self.mails if mail["To"] == address]


def refuse(patch: pytest.MonkeyPatch, mailbox: Mailbox, command: str, reply: str, *, after: float = 0) -> None:
    """Have the mail server refuse a command, after so many seconds."""

    async def answer(*_: object) -> str:
        await asyncio.sleep(after)
        return reply

    patch.setattr(mailbox, f"handle_{command}", answer, raising=False)


def code_in(mail: EmailMessage) -> str:
    """Return the code that a mail carries."""
    found = re.search(r"^Code: (\S+)", mail.get_content(), re.MULTILINE)
    assert found, "the mail carries no code"
    return found[1]

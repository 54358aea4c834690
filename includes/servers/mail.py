"""The servers that the app talks to in tests: a mail server."""

from collections.abc import Awaitable, Callable, Iterator
from email.message import EmailMessage

import pytest
from fastapi import FastAPI

from .mailbox import Mailbox

Mails = Callable[[str], Awaitable[list[EmailMessage]]]


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    """A mail server that keeps what it receives."""
    with Mailbox() as server:
        yield server


@pytest.fixture(autouse=True)
def empty_mailbox(mailbox: Mailbox) -> None:
    """Start each test with an empty mailbox."""
    mailbox.clear()


@pytest.fixture(scope="session")
def servers(mailbox: Mailbox) -> dict[str, str]:
    """Return the settings with which the app finds them."""
    return {"SMTP_PORT": str(mailbox.port)}


@pytest.fixture
def mails(app: FastAPI, mailbox: Mailbox) -> Mails:
    """Return the mails to an address, once everything queued has been delivered: `await mails("ann@example.com")`."""

    async def delivered(address: str) -> list[EmailMessage]:
        await app.state.outbox.wait()
        return mailbox.to(address)

    return delivered

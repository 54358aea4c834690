"""Print mails instead of sending them, for development."""

import sys

from .messages import Message


async def carry(message: Message) -> None:
    """Print the mail."""
    lines = (f"To: {message.to}", f"Subject: {message.subject}", "", *message.body.splitlines())
    sys.stderr.write("\n".join(["", *(f"  | {line}" for line in lines), "", ""]))
    sys.stderr.flush()

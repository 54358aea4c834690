"""One JSON object per line on standard output (ASVS 16.2.3, 16.2.4), uvicorn's lines included."""

import json
import logging
import logging.config
from datetime import UTC, datetime
from typing import Any

from .current_request import endpoint_name, request_id

STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
"""What each record has. Anything else is a field of its own."""


class JSONFormatter(logging.Formatter):
    """A record as a JSON object in ASCII: no value can end its line or control a terminal (ASVS 16.4.1)."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            "request_id": request_id(),
            "endpoint": endpoint_name(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in STANDARD_ATTRIBUTES | line.keys()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        try:
            return json.dumps(line, default=str, allow_nan=False)
        except (TypeError, ValueError):  # a value that JSON cannot express must not lose the line
            return json.dumps({key: repr(value) for key, value in line.items()})


def _is_wanted(record: logging.LogRecord) -> bool:
    # uvicorn notes each WebSocket with its query, into which a client may put a token (ASVS 14.2.1, 16.2.5).
    # It also takes each refusal of one for a mistake of ours, at level error.
    return not any(word in str(record.msg) for word in ('"WebSocket ', "without completing handshake"))


def configure() -> None:
    """Send every logger's lines to standard output as JSON."""
    logging.raiseExceptions = False  # a line that cannot be formatted would go to standard error, with its arguments
    logging.getLogger("uvicorn.error").addFilter(_is_wanted)
    output = {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JSONFormatter}},
            "handlers": {"stdout": output},
            "root": {"handlers": ["stdout"], "level": "INFO"},
            # A line per request would cost a third of the throughput; security events are logged instead.
            "loggers": {
                name: {"handlers": [], "propagate": True, "level": level}
                for name, level in (
                    ("uvicorn", "INFO"),
                    ("uvicorn.error", "INFO"),
                    ("uvicorn.access", "WARNING"),
                    ("httpx2", "WARNING"),
                )
            },
        }
    )

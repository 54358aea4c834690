"""One JSON object per line on standard output (ASVS 16.2.3, 16.2.4), uvicorn's lines included."""

import logging
import logging.config
from typing import Any

import structlog

from .middleware.request_context import request_id

_STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


def _fields(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    record: logging.LogRecord = event["_record"]
    extra = {key: value for key, value in vars(record).items() if key not in _STANDARD_ATTRIBUTES}
    return {"request_id": request_id(), "logger": record.name} | extra | event


def configure() -> None:
    """Send every logger's lines to standard output as JSON. Control characters are escaped by JSON (ASVS 16.4.1)."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _fields,
            structlog.processors.format_exc_info,
        ],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(default=str),
        ],
    }
    output = {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": formatter},
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

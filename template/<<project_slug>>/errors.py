"""Every error response of the API: `application/problem+json` (RFC 9457) with a stable `code`.

Features raise an `AppError`; nothing else in the project builds an error response. No body repeats a value that was
sent, apart from single characters that do not belong in it, names a library or shows a traceback (ASVS 16.5.1).
"""

import logging
from collections.abc import Mapping
from enum import StrEnum
from http.client import responses as phrases
from traceback import format_tb, walk_tb
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from .audit.events import Event, log_event
from .current_request import request_id
from .settings import CoreSettings

log = logging.getLogger(__name__)


class Misbuilt(Exception):
    """The project's own code is wrong, so the app refuses to start. Says in a sentence what to change."""


class AppError(Exception):
    """An error response. Subclasses define the status and the code; clients may rely on both."""

    status: ClassVar[int] = 500
    code: str = "internal_error"
    detail: str = "Something went wrong on our side."
    event: ClassVar[StrEnum | None] = None
    """The security event to log with each such response, if any."""

    def __init__(
        self, detail: str | None = None, *, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        self.code = code or self.code
        self.detail = detail or self.detail
        self.headers = dict(headers or {})
        super().__init__(self.detail)


class NotFound(AppError):
    """No such thing, or not the caller's: the two must look the same (ASVS 8.2.2)."""

    status = 404
    code = "not_found"
    detail = "There is nothing here."


class Conflict(AppError):
    """The state of the resource does not allow this."""

    status = 409
    code = "conflict"
    detail = "The current state does not allow this."


class Unprocessable(AppError):
    """The input is well-formed but not acceptable; the code says why."""

    status = 422
    code = "unprocessable"
    detail = "The input is invalid."


class BadRequest(AppError):
    """The request itself is wrong."""

    status = 400
    code = "invalid_request"
    detail = "The request is malformed."


class TooManyRequests(AppError):
    """A limit is reached (RFC 6585, section 4). `retry_after` is in seconds."""

    status = 429
    code = "too_many_requests"
    detail = "Too many requests. Try again later."

    def __init__(self, retry_after: int) -> None:
        super().__init__(headers={"Retry-After": str(max(1, retry_after))})


class Unavailable(AppError):
    """A backend is down or overloaded. Fails closed: never a success, never a guess (ASVS 16.5.3)."""

    status = 503
    code = "temporarily_unavailable"
    detail = "The service is temporarily unavailable. Try again shortly."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


MEDIA_TYPE = "application/problem+json"
RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What went wrong",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
}
"""What OpenAPI says about every response that a route does not list."""

OUR_MISTAKES = IntegrityError, DataError
"""What the database refuses and would always refuse, such as a number too large for its column: no one is to retry."""

_EXTRA = "extra_forbidden"
_UNREADABLE = "There was an error parsing the body"
"""FastAPI's words for a body that it cannot read."""

_CODES = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    415: "unsupported_media_type",
}
_DETAILS = {400: BadRequest.detail, 404: NotFound.detail}


def problem(
    status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **members: Any
) -> JSONResponse:
    """Build the one error body: type, title, status, code, detail, request_id and extra members."""
    body = {"type": "about:blank", "title": phrases.get(status, "Error"), "status": status, "code": code}
    body |= {"detail": detail, "request_id": request_id(), **members}
    return JSONResponse(body, status, dict(headers or {}), media_type=MEDIA_TYPE)


def leave_trace(error: AppError) -> None:
    """Log the error's security event, if it has one."""
    if error.event:
        log_event(error.event, reason=error.code)


async def _app_error(_: Request, error: AppError) -> Response:
    leave_trace(error)
    return answer_to(error)


def answer_to(error: AppError) -> JSONResponse:
    """Build the response to an error."""
    return problem(error.status, error.code, error.detail, error.headers)


def refused(status: int, code: str, detail: str) -> JSONResponse:
    """Log a request that none of our clients would send, and build its response (ASVS 16.3.3)."""
    log_event(Event.REQUEST_REFUSED, reason=code)
    return problem(status, code, detail)


def too_large() -> JSONResponse:
    """Build the response to a body over its limit. The connection is closed: the rest is not read to its end."""
    return problem(413, _CODES[413], "The body is too large.", {"Connection": "close"})


async def _http_exception(request: Request, error: HTTPException) -> Response:
    if error.status_code == 413:
        return too_large()
    headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
    if headers == {"Allow": ""}:
        # A page's, whose guard is asked for GET alone: a 405 would tell anybody which files there are.
        return await _app_error(request, NotFound())
    if error.detail == _UNREADABLE and isinstance(error.__cause__, UnicodeDecodeError):
        return _invalid_json()
    code = _CODES.get(error.status_code, "http_error")
    detail = _DETAILS.get(error.status_code, phrases.get(error.status_code, "Error"))
    return problem(error.status_code, code, detail, headers)


def _allowed(request: Request) -> str:
    # Of all the path's routes: the router names only the first one's methods (RFC 9110, section 15.5.6).
    routes = iter_route_contexts(request.app.routes)
    matching = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    methods = {method for route in matching for method in route.methods or ()}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _invalid_json() -> JSONResponse:
    return problem(400, "invalid_json", "The body is not valid JSON.")


async def _validation_error(request: Request, error: RequestValidationError) -> Response:
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return _invalid_json()
    if _has_wrong_media_type(request, error):
        return refused(415, "unsupported_media_type", "Send the body as application/json.")
    # An unknown field may be an attempt to set what clients must not set.
    is_extra = any(detail["type"] == _EXTRA for detail in details)
    event = Event.FIELD_REFUSED if is_extra else Event.INPUT_REFUSED
    log_event(event, reason=details[0]["type"])
    # Only the first ones: each takes more room in the response than in the body, which may have thousands.
    fields = [_told(detail) for detail in details[:20]]
    return problem(422, "validation_error", "Some fields are invalid.", errors=fields)


def _told(detail: Mapping[str, Any]) -> dict[str, Any]:
    # Location, type and message only: `input` and `ctx` would echo passwords back, and so would an unknown name (TP-7).
    loc = detail["loc"][:-1] if detail["type"] == _EXTRA else detail["loc"]
    return {"loc": loc, "type": detail["type"], "msg": detail["msg"].removeprefix("Value error, ")}


def _has_wrong_media_type(request: Request, error: RequestValidationError) -> bool:
    # A page from another origin can send text/plain JSON without a preflight (CVE-2021-32677, ASVS 3.5.2).
    is_whole_body = any(tuple(detail["loc"]) == ("body",) for detail in error.errors())
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    return is_whole_body and media_type != "application/json" and not media_type.endswith("+json")


async def _gone(request: Request, _: Exception) -> Response:
    # Between our read and our write, another request deleted what this one wants to change or delete.
    return await _app_error(request, NotFound())


async def _backend_error(request: Request, error: Exception) -> Response:
    if isinstance(error, OUR_MISTAKES):
        raise error
    return await _app_error(request, unavailable(error))


def unavailable(error: Exception) -> Unavailable:
    """Log a database failure and return the error that the client gets."""
    fields = {"error": type(error).__name__, "cause": _cause(error), "places": _places(error)}
    log.error("backend_failure", extra=fields, exc_info=None if CoreSettings.get().is_production else error)
    return Unavailable()


def _cause(error: Exception) -> str:
    # The driver's error, with its number if it has one. Never its message, as below.
    cause = error.__cause__ or error
    return " ".join([type(cause).__name__, *(str(each) for each in cause.args[:1] if isinstance(each, int))])


def _places(error: Exception) -> list[str]:
    # The last few of our own lines. All frames, for each request while the database is down, would flood the log.
    frames = [(frame.f_globals.get("__name__", ""), line) for frame, line in walk_tb(error.__traceback__)]
    return [f"{module}:{line}" for module, line in frames if module.startswith(f"{__package__}.")][-4:]


def log_unhandled(error: Exception) -> None:
    """Log an unexpected error."""
    # In production, type and frames only: the message may contain a value that a client sent (ASVS 16.2.5).
    # A cause's too: Starlette raises an error of its own for one that comes after the beginning of a response.
    frames = [frame for each in (error.__cause__, error) if each for frame in format_tb(each.__traceback__)]
    fields = {"error": type(error).__name__, "cause": _cause(error), "frames": "".join(frames)}
    log.critical("unhandled_error", extra=fields, exc_info=None if CoreSettings.get().is_production else error)


def internal_error() -> JSONResponse:
    """Build the response to an unexpected error. It reveals nothing about it."""
    return problem(500, AppError.code, AppError.detail)


async def _unhandled(_: Request, error: Exception) -> Response:
    return internal_error()  # Starlette raises the error again: `RequestContext` logs it


def install(app: FastAPI) -> None:
    """Make these the app's error responses."""
    app.exception_handler(AppError)(_app_error)
    app.exception_handler(HTTPException)(_http_exception)
    app.exception_handler(RequestValidationError)(_validation_error)
    app.exception_handler(StaleDataError)(_gone)
    app.exception_handler(DBAPIError)(_backend_error)
    app.exception_handler(PoolTimeout)(_backend_error)
    app.exception_handler(Exception)(_unhandled)

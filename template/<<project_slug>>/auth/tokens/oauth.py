"""How the OAuth endpoints read forms and speak of errors (RFC 6749, sections 3.2 and 5.2)."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from python_multipart.multipart import parse_options_header
from starlette.formparsers import FormParser, MultiPartException

from ...errors import AppError

MAX_FIELDS = 20
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthError(AppError):
    """An error with a code that RFC 6749 or 7009 registers."""

    status = 400

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description, code=code)


class OAuthRoute(APIRoute):
    """A route whose errors are `{"error", "error_description"}` instead of problem details."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_with_oauth_errors(request: Request) -> Response:
            try:
                return await handle(request)
            except AppError as error:
                body = {"error": error.code, "error_description": error.detail}
                return JSONResponse(body, error.status, {**NO_STORE, **error.headers})

        return handle_with_oauth_errors


async def read_form(request: Request) -> dict[str, str]:
    """Return the form's fields; empty ones count as absent (RFC 6749, section 3.2).

    Raises OAuthError `invalid_request` for another media type, a repeated field, more than 20 fields or text that is
    not UTF-8. FastAPI's own form class would keep the last of two user names and answer 422.
    """
    media_type, _ = parse_options_header(request.headers.get("content-type"))
    if media_type != b"application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "Send application/x-www-form-urlencoded")
    try:
        form = await FormParser(request.headers, request.stream(), max_fields=MAX_FIELDS).parse()
    except MultiPartException:
        raise OAuthError("invalid_request", "There are too many parameters") from None
    fields = form.multi_items()
    if len(fields) != len(form):
        raise OAuthError("invalid_request", "Each parameter may be sent once")
    return {name: _text(value) for name, value in fields if value}


def _text(value: object) -> str:
    # The parser puts U+FFFD for what is not UTF-8: two different passwords would become one.
    if not isinstance(value, str) or any(ord(character) < 32 or character in "\x7f\ufffd" for character in value):
        raise OAuthError("invalid_request", "A parameter has characters that are not allowed")
    return value


def required(form: dict[str, str], name: str) -> str:
    """Return a field of at most 8192 characters. Raises OAuthError `invalid_request` when it is missing."""
    value = form.get(name, "")
    if not 0 < len(value) <= 8192:
        raise OAuthError("invalid_request", f"{name} is missing or too long")
    return value

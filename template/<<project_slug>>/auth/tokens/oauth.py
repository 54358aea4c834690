"""How the OAuth endpoints read forms and report errors (RFC 6749, sections 3.2 and 5.2)."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import ClientDisconnect

from ... import errors
from ...errors import AppError, unavailable
from ...schemas import no_controls
from ..methods import METHODS
from .bearer import authenticate
from .schemas import OAuthProblem

TOKEN_IF_ANY = [{}, *({method.name: list[str]()} for method in METHODS if method.authenticate is authenticate)]
"""What OpenAPI says about what reads the token itself: otherwise generated clients would not send it."""

MAX_FIELDS = 20
MAX_LENGTHS = {
    "grant_type": 100,
    "username": 254,
    "password": 1024,
    "refresh_token": 8192,
    "scope": 1000,
    "token": 8192,
}
"""Characters of each parameter."""


class OAuthError(AppError):
    """An error with a code that RFC 6749 or 7009 registers."""

    status = 400

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description, code=code)


_PROBLEM = errors.RESPONSES["default"]
RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {**_PROBLEM, "content": {"application/json": {}, **_PROBLEM["content"]}, "model": OAuthProblem}
}
"""Two formats: OAuth's, and problem details for what is refused outside the route, such as a body over its limit.
In this order: some generated clients read the first one only."""


def text_field(name: str, **more: str) -> dict[str, Any]:
    """Return the OpenAPI schema of a parameter."""
    return {"type": "string", "maxLength": MAX_LENGTHS[name], **more}


def form_body(*required: str, **fields: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI description of a form. FastAPI cannot derive it: `read_form` follows RFC 6749."""
    schema = {"type": "object", "required": list(required), "properties": fields}
    return {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}}


class OAuthRoute(APIRoute):
    """A route whose errors are `{"error", "error_description"}` instead of problem details."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_with_oauth_errors(request: Request) -> Response:
            try:
                return await handle(request)
            except AppError as error:
                return _answer(error)
            except errors.OUR_MISTAKES:
                raise
            except (DBAPIError, PoolTimeout) as error:
                return _answer(unavailable(error))

        return handle_with_oauth_errors


def _answer(error: AppError) -> JSONResponse:
    errors.leave_trace(error)
    body = {"error": error.code, "error_description": error.detail}
    return JSONResponse(body, error.status, error.headers)


async def read_form(request: Request) -> dict[str, str]:
    """Return the form's fields; empty ones count as absent (RFC 6749, section 3.2).

    Raises OAuthError `invalid_request` for another media type, a repeated field, more than 20 fields or text that is
    not UTF-8. FastAPI's own form class would keep the last of two user names and answer 422.
    """
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "Send application/x-www-form-urlencoded")
    try:
        body = (await request.body()).decode()
        fields = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except (ValueError, ClientDisconnect):
        raise OAuthError("invalid_request", "The form is malformed or has too many parameters") from None
    if len(fields) != len(dict(fields)):
        raise OAuthError("invalid_request", "Each parameter may be sent once")
    return {name: _text(value) for name, value in fields if value}


def _text(value: str) -> str:
    try:
        return no_controls(value)
    except ValueError:
        raise OAuthError("invalid_request", "A parameter has characters that are not allowed") from None


def required(form: dict[str, str], name: str) -> str:
    """Return a required field. Raises OAuthError `invalid_request` when it is missing or too long.

    Longer text would be normalised, hashed and logged at our cost, not the sender's (ASVS 1.3.3).
    """
    value = form.get(name, "")
    if not 0 < len(value) <= MAX_LENGTHS[name]:
        raise OAuthError("invalid_request", f"{name} is missing or too long")
    return value

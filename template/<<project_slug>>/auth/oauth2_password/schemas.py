"""The form of the token endpoint, for OpenAPI. It is read by `tokens.oauth`, which keeps to RFC 6749."""

from typing import Any

from ..tokens.oauth import MAX_LENGTHS


def _text(name: str, **more: str) -> dict[str, Any]:
    return {"type": "string", "maxLength": MAX_LENGTHS[name], **more}


FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["password", "refresh_token"]},
                        "username": _text("username"),
                        "password": _text("password", format="password"),
                        "refresh_token": _text("refresh_token"),
                        "scope": _text("scope"),
                    },
                }
            }
        },
    }
}

"""The form of the token endpoint, for OpenAPI."""

from ..tokens.oauth import form_body, text_field

FORM = form_body(
    "grant_type",
    grant_type={"type": "string", "enum": ["password", "refresh_token"]},
    username=text_field("username"),
    password=text_field("password", format="password"),
    refresh_token=text_field("refresh_token"),
    scope=text_field("scope"),
)

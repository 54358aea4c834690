"""The Authorization header, taken apart once and the same way for every method (ASVS 1.5.3)."""

from starlette.requests import Request

from .method import MalformedCredential


def read(request: Request) -> tuple[str, str] | None:
    """Return scheme, lower case, and credentials; None without the header.

    Raises MalformedCredential for two headers: a proxy and we may each believe another one.
    """
    sent = request.headers.getlist("authorization")
    if not sent:
        return None
    if len(sent) > 1:
        raise MalformedCredential("invalid_request", "Send one Authorization header")
    scheme, _, credentials = sent[0].partition(" ")
    return scheme.lower(), credentials.strip(" ")

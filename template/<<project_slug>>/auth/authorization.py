"""The Authorization header, parsed once and the same way for every method (ASVS 1.5.3)."""

from starlette.requests import HTTPConnection

from .method import MalformedCredential


def read(request: HTTPConnection) -> tuple[str, str] | None:
    """Return the scheme, in lower case, and the credentials; None without the header.

    Raises MalformedCredential for two headers: a proxy and we may each believe a different one.
    """
    sent = request.headers.getlist("authorization")
    if not sent:
        return None
    if len(sent) > 1:
        raise MalformedCredential("invalid_request", "Send one Authorization header")
    scheme, _, credentials = sent[0].partition(" ")
    return scheme.lower(), credentials.strip(" ")

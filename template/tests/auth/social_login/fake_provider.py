"""A provider for tests: a real HTTP server that speaks OpenID Connect and the dialects, and misbehaves when told."""

import asyncio
import hashlib
import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

CLIENT_ID, CLIENT_SECRET = "our-client", "our/secret+of=many:signs"

TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
ANN = {"sub": "1001", "email": "ann@example.com", "email_verified": True, "name": "Ann", "tid": TENANT}
"""Somebody with a proved address. `tid` is what Microsoft's tokens have; the others do not look at it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came."""

    verb: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]


def http(body: object, status: str = "200 OK", kind: str = "application/json") -> bytes:
    """Return a response of HTTP."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nLocation: /elsewhere\r\nContent-Length: {len(content)}"
    return head.encode() + b"\r\nConnection: close\r\n\r\n" + content


@dataclass
class FakeProvider:
    """Lets everybody in, as `person`."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=ANN.copy)
    claims: dict[str, Any] = field(default_factory=dict)
    """Of the ID token, over the right ones."""
    metadata: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] | None = None
    keys: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)
    """What to answer instead, by the last part of the path; nothing means silence until the client hangs up."""
    delay: float = 0
    """Seconds that each answer takes."""
    asked: list[Asked] = field(default_factory=list)
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def consent(self, address: str) -> dict[str, str]:
        """Return what a browser brings back from the authorization endpoint."""
        sent = dict(parse_qsl(urlsplit(address).query, strict_parsing=True))
        assert (sent["response_type"], sent["client_id"], sent["code_challenge_method"]) == ("code", CLIENT_ID, "S256")
        code = token_urlsafe(16)
        self.codes[code] = sent
        prefix = urlsplit(address).path.rpartition("/authorize")[0]
        return {"code": code, "state": sent["state"], "iss": self.url + prefix}

    def asked_for(self, end: str) -> list[Asked]:
        """Return the requests for paths that end so."""
        return [each for each in self.asked if each.path.endswith(end)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, unless the client gives up first."""
        with closing(writer), suppress(asyncio.IncompleteReadError):
            asked = await _read(reader)
            self.asked.append(asked)
            self.is_asked.set()
            answer = self.answers.get(asked.path.rpartition("/")[2])
            with suppress(TimeoutError):
                async with asyncio.timeout(None if answer == b"" else self.delay):
                    await reader.read()  # until the asker hangs up
            writer.write(answer or self._answer(asked))

    def _answer(self, asked: Asked) -> bytes:
        prefix, _, end = asked.path.rpartition("/")
        match end:
            case "openid-configuration":
                return http(self._metadata(prefix.removesuffix("/.well-known")))
            case "token" | "access_token":
                return self._exchange(asked)
            case "jwks":
                return http({"keys": self.keys})
            case _:
                assert asked.headers["authorization"] == "Bearer provider-token"
                return http(self._profile(asked))

    def _metadata(self, prefix: str) -> dict[str, Any]:
        return {
            "issuer": self.url + prefix.replace("/common/", "/{tenantid}/"),
            "authorization_endpoint": f"{self.url}{prefix}/authorize?policy=sign-in",
            "token_endpoint": f"{self.url}{prefix}/token",
            "jwks_uri": f"{self.url}{prefix}/jwks",
            "userinfo_endpoint": f"{self.url}{prefix}/userinfo",
            "authorization_response_iss_parameter_supported": "/common/" not in prefix,
        } | self.metadata

    def _exchange(self, asked: Asked) -> bytes:
        sent = self.codes.pop(asked.form.get("code", ""), {})
        digest = hashlib.sha256(asked.form["code_verifier"].encode()).digest()
        is_right = (
            _client(asked) == (CLIENT_ID, CLIENT_SECRET)
            and asked.form["grant_type"] == "authorization_code"
            and asked.form["redirect_uri"] == sent.get("redirect_uri")
            and urlsafe_b64encode(digest).decode().rstrip("=") == sent.get("code_challenge")
        )
        if not is_right:
            # GitHub is the one that says 200 to this.
            status = "200 OK" if asked.path.endswith("access_token") else "400 Bad Request"
            return http({"error": "invalid_grant"}, status)
        # GitHub and Facebook write it small.
        kind = "bearer" if asked.path.endswith("access_token") else "Bearer"
        return http({"access_token": "provider-token", "token_type": kind, **self._id_token(asked, sent)})

    def _id_token(self, asked: Asked, sent: dict[str, str]) -> dict[str, str]:
        if self.sign is None:
            return {}
        issuer = self.url + asked.path.rpartition("/")[0].replace("/common/", f"/{self.person.get('tid')}/")
        claims = {"iss": issuer, "aud": CLIENT_ID, "nonce": sent["nonce"]} | self.person | self.claims
        return {"id_token": self.sign(claims)}

    def _profile(self, asked: Asked) -> Any:
        match asked.path.split("/")[1:]:
            case ["github", "emails"] | ["github", "user", "emails"]:
                emails = self.person.get("emails", _emails(self.person))
                return emails[: int(asked.query.get("per_page", 30))] if isinstance(emails, list) else emails
            case ["github", "user"]:
                return {"id": _number(self.person["sub"]), "login": "ann1", **_of(self.person, "name", "avatar_url")}
            case ["facebook", _, "me"]:
                return {"id": self.person["sub"], **_of(self.person, "name", "email", "picture")}
        return self.person


def _of(person: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: person[name] for name in names if name in person}


def _emails(person: dict[str, Any]) -> list[dict[str, Any]]:
    proved = person.get("email_verified", False)
    return [{"email": person["email"], "primary": True, "verified": proved}] if "email" in person else []


def _number(subject: Any) -> Any:
    return int(subject) if isinstance(subject, str) and subject.isdigit() else subject


def _client(asked: Asked) -> tuple[str, str]:
    """Return who asks: by header (RFC 6749, section 2.3.1) or by form, never both."""
    kind, _, value = asked.headers.get("authorization", "").partition(" ")
    if kind != "Basic":
        return asked.form["client_id"], asked.form["client_secret"]
    assert "client_secret" not in asked.form
    id_, _, secret = b64decode(value).decode().partition(":")
    [(id_, secret)] = parse_qsl(f"{id_}={secret}")
    return id_, secret


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *rest = head.strip().split("\r\n")
    verb, address, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    parts = urlsplit(address)
    return Asked(verb, parts.path, dict(parse_qsl(parts.query)), headers, dict(parse_qsl(body.decode())))


def fragment(address: str) -> dict[str, str]:
    """Return what is behind `#`."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).fragment).items()}


def with_query(path: str, **query: str) -> str:
    """Return a path with a query."""
    return f"{path}?{urlencode(query)}"

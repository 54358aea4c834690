"""Every call to a provider: limited in time and size, only to its own hosts, only JSON (ASVS 13.2.4, 15.3.2)."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Generic, NoReturn, TypeVar

import httpx2
from fastapi import FastAPI, Request

from ... import outgoing
from ...audit.events import Event, log_event
from ...clock import now
from ...errors import AppError
from .settings import is_safe

T = TypeVar("T")

TOTAL_SECONDS = 10.0
LIFE = timedelta(hours=1)
"""How long a provider's metadata and keys are used without asking again."""
PATIENCE = 2.0
"""Seconds to wait for the renewal of a document that may still be used."""
COOL_DOWN = timedelta(minutes=1)
"""How often an unknown key may make us ask again. Without it, tokens with made-up keys would cause a flood of calls."""


class ProviderFailed(AppError):
    """The provider is down, or its answer makes no sense. Nothing of the answer is repeated."""

    status = 502
    code = "provider_error"
    detail = "The provider did not answer as it should. Try again later."

    def __init__(self, reason: str) -> None:
        """`reason`, in our own words, is for the log only."""
        self.reason = reason
        super().__init__()


class ProviderTimeout(AppError):
    """The provider takes too long."""

    status = 504
    code = "provider_timeout"
    detail = "The provider did not answer in time. Try again later."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "30"})


class Document(Generic[T]):
    """A provider's document, fetched once however many callers wait.

    While a renewal hangs, and if it fails, the old one stays in use.
    """

    def __init__(self, url: str, parse: Callable[[Any], T]) -> None:
        self._url, self._parse = url, parse
        self._asked_at: datetime = now()
        self._known: T | None = None
        self._task: asyncio.Task[T] | None = None

    async def get(self, age: timedelta = LIFE) -> T:
        """Return the document, renewed if it was last asked for longer than `age` ago, or by a clock that ran ahead."""
        if self._task is None or (self._task.done() and abs(now() - self._asked_at) > age):
            self._asked_at = now()
            self._task = asyncio.create_task(self._renew())
        # Shielded: a client that hangs up cancels its own wait, not the others'.
        renewal = asyncio.shield(self._task)
        if self._known is None or age < LIFE:
            return await renewal
        try:
            return await asyncio.wait_for(renewal, PATIENCE)
        except TimeoutError:
            return self._known

    async def _renew(self) -> T:
        try:
            self._known = self._read(await get(self._url))
        except Exception:  # also unforeseen errors: a failed task that stayed would fail every login for an hour
            if self._known is None:
                self._task = None
                raise
        return self._known

    def _read(self, answer: Any) -> T:
        try:
            return self._parse(answer)
        except Exception as error:  # whatever it holds: a document that cannot be parsed must not be kept
            fail(self._url, getattr(error, "reason", "document"))


class Documents:
    """The documents of the providers, for one event loop."""

    def __init__(self) -> None:
        self._documents: dict[tuple[str, Callable[[Any], Any]], Document[Any]] = {}

    def at(self, url: str, parse: Callable[[Any], T]) -> Document[T]:
        """Return the document at an address; `parse`, always the same function, checks it and raises ProviderFailed."""
        # Keyed by parser too: metadata that name another issuer's document as their keys must not replace it.
        return self._documents.setdefault((url, parse), Document(url, parse))


@asynccontextmanager
async def deadline() -> AsyncGenerator[None]:
    """Limit several calls in a row to the time of one, since a browser waits for them. Raises ProviderTimeout."""
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            yield
    except TimeoutError:
        log_event(Event.PROVIDER_FAILED, reason="timeout")
        raise ProviderTimeout from None


async def get(url: str, *, token: str | None = None, **parameters: str) -> Any:
    """Return the JSON at an address. Raises ProviderFailed, ProviderTimeout."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    status, answer = await _fetch("GET", url, headers=headers, params=parameters or None)
    return answer if status == httpx2.codes.OK else fail(url, f"status {status}")


async def post(url: str, form: Mapping[str, str], basic: tuple[str, str] | None = None) -> tuple[int, Any]:
    """Send a form; return the status, 200 or one of 4xx, and the JSON. Raises ProviderFailed, ProviderTimeout."""
    return await _fetch("POST", url, headers={}, data=form, auth=basic)


async def _fetch(verb: str, url: str, *, headers: Mapping[str, str], **rest: Any) -> tuple[int, Any]:
    if not is_safe(url):
        fail(url, "address")
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            response, body = await outgoing.fetch(verb, url, headers={"Accept": "application/json", **headers}, **rest)
        return response.status_code, _parse(url, body, response)
    except (TimeoutError, httpx2.TimeoutException):
        log_event(Event.PROVIDER_FAILED, host=httpx2.URL(url).host, reason="timeout")
        raise ProviderTimeout from None
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
        fail(url, type(error).__name__)


def fail(url: str, reason: str, *, level: int = logging.INFO) -> NoReturn:
    """Log in our own words why a provider's answer is unusable, and raise ProviderFailed."""
    log_event(Event.PROVIDER_FAILED, level=level, host=url.partition("://")[2].partition("/")[0][:100], reason=reason)
    raise ProviderFailed(reason) from None


def _parse(url: str, body: bytes, response: httpx2.Response) -> Any:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or media_type.endswith("+json")
    if not (response.status_code == httpx2.codes.OK or 400 <= response.status_code < 500):
        fail(url, f"status {response.status_code}")
    if not is_json:
        fail(url, f"status {response.status_code}, not JSON")
    return json.loads(body, object_pairs_hook=_once, parse_constant=_refuse)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of two members with the same name, another parser may use the other one (ASVS 1.5.3).
    if len(pairs) != len(dict(pairs)):
        raise ValueError("a member twice")
    return dict(pairs)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Keep the providers' documents for the app's life."""
    app.state.documents = Documents()
    yield


def documents_of(request: Request) -> Documents:
    """Return the app's documents."""
    documents: Documents = request.app.state.documents
    return documents

"""A request that has come through proxies, or says so."""

from ..callers import BAD_CREDENTIAL
from ..conftest import AppWith, client_of
from ..logbook import Logbook


async def address_logged(app_with: AppWith, log: Logbook, trusted: str, *sent: str) -> str:
    """Send a bad credential with X-Forwarded-For headers from 192.0.2.1; return the address in the log."""
    headers = [*BAD_CREDENTIAL.items(), *(("X-Forwarded-For", value) for value in sent)]
    headers += [("X-Real-IP", "6.6.6.6"), ("Forwarded", "for=6.6.6.6")]
    async with app_with(TRUSTED_PROXIES=trusted) as app, client_of(app, address="192.0.2.1") as client:
        await client.get("/users/me", headers=headers)
    return next(str(line["address"]) for line in log.lines() if line["event"] == "authn_token_refused")

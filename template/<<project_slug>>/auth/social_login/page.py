"""A page to try signing in, in development: it does what a front end has to do, in thirty lines of script.

Tokens stay in the page's memory. Not in production: an API's own host should not run pages that hold tokens.
"""

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from ...errors import NotFound
from ...settings import CoreSettings
from ..dependencies import PUBLIC
from .providers import PROVIDERS

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in</title>
</head>
<body>
<main>
<h1>Sign in</h1>
%s
<p id="says" role="status"></p>
<pre id="me"></pre>
</main>
<script src="page.js"></script>
</body>
</html>
"""
_BUTTON = '<p><button type="button" data-provider="%s">Sign in with %s</button></p>'
_NOBODY = "<p>No provider is configured; <code>social-login providers</code> says how.</p>"

_SCRIPT = """"use strict";
const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const say = (text) => (document.getElementById("says").textContent = text);

async function begin(provider) {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  sessionStorage.setItem("verifier", verifier);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const query = new URLSearchParams({ next: location.pathname, code_challenge: base64url(new Uint8Array(digest)) });
  location.assign(`${provider}/login?${query}`);
}

async function finish(code) {
  const body = JSON.stringify({ code, code_verifier: sessionStorage.getItem("verifier") ?? "" });
  sessionStorage.removeItem("verifier");
  const opened = await fetch("token", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const tokens = await opened.json();
  if (!opened.ok) return say(tokens.detail);
  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  const me = await (await fetch("/users/me", { headers })).json();
  say("You are signed in. GET /users/me says:");
  document.getElementById("me").textContent = JSON.stringify(me, null, 2);
}

for (const button of document.querySelectorAll("button")) {
  button.addEventListener("click", () => begin(button.dataset.provider));
}
const found = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
if (found.has("code")) finish(found.get("code"));
if (found.has("error")) say(found.get("error"));
"""


async def _only_in_development() -> None:
    if CoreSettings.get().is_production:
        raise NotFound


router = APIRouter(include_in_schema=False, dependencies=[PUBLIC])


@router.get("/page")
async def page() -> HTMLResponse:
    """Return the page, with a button for each configured provider."""
    await _only_in_development()
    known = [each for each in PROVIDERS.values() if each.client.is_configured]
    buttons = "\n".join(_BUTTON % (escape(each.name), escape(each.title)) for each in known)
    return HTMLResponse(_PAGE % (buttons or _NOBODY), headers={"Content-Security-Policy": POLICY})


@router.get("/page.js")
async def script() -> Response:
    """Return the page's script: a file of its own, so that the policy needs no exception for it."""
    await _only_in_development()
    return Response(_SCRIPT, media_type="text/javascript")

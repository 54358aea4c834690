"""A development page to try signing in. It does what a front end has to do, in thirty lines of script.

Tokens stay in the page's memory. Not in production: an API's own host should not run pages that hold tokens.
"""

from html import escape
from pathlib import Path
from string import Template

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, HTMLResponse

from ...errors import NotFound
from ...settings import CoreSettings
from ..dependencies import PUBLIC
from .providers import configured

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
)

_FOLDER = Path(__file__).parent
_PAGE = Template((_FOLDER / "page.html").read_text(encoding="utf-8"))
_BUTTON = '<p><button type="button" data-provider="%s">Sign in with %s</button></p>'
_NOBODY = "<p>No provider is configured; <code>social-login providers</code> says how.</p>"


async def only_in_development() -> None:
    """Hide the page from production."""
    if CoreSettings.get().is_production:
        raise NotFound


router = APIRouter(include_in_schema=False, dependencies=[PUBLIC, Depends(only_in_development)])


@router.get("/page")
async def page() -> HTMLResponse:
    """Return the page, with a button for each configured provider."""
    buttons = "\n".join(_BUTTON % (escape(each.name), escape(each.title)) for each in configured())
    return HTMLResponse(_PAGE.substitute(buttons=buttons or _NOBODY), headers={"Content-Security-Policy": POLICY})


# Files of their own, so that the policy needs no exception for them.
@router.get("/page.js")
async def script() -> FileResponse:
    """Return what the page does."""
    return FileResponse(_FOLDER / "page.js", media_type="text/javascript")


@router.get("/page.css")
async def style() -> FileResponse:
    """Return what the page looks like."""
    return FileResponse(_FOLDER / "page.css")

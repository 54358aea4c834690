"""Swagger UI in development: its files come from a package, so that nothing is fetched from elsewhere (ASVS 3.6.1)."""

import json
from html import escape
from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from .auth.dependencies import PUBLIC
from .errors import NotFound

router = APIRouter(include_in_schema=False, dependencies=[PUBLIC])

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
)
_FILES = files("fastapi_offline") / "static"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>%s</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/init.js"></script>
</body>
</html>
"""

# No deep linking and no persistence: a token stays in the page's memory and goes with it (ASVS 14.3.3).
_INIT = "SwaggerUIBundle(Object.assign({dom_id: '#swagger-ui', layout: 'BaseLayout'}, %s));"


@router.get("/docs")
async def page(request: Request) -> HTMLResponse:
    """Return the page. The script is a file of its own, so that the policy needs no exception for it."""
    return HTMLResponse(_PAGE % escape(request.app.title), headers={"Content-Security-Policy": PAGE_POLICY})


@router.get("/docs/init.js")
async def init(request: Request) -> Response:
    """Start Swagger UI with this app's OpenAPI document."""
    options = json.dumps({"url": request.app.openapi_url, "validatorUrl": None})
    return Response(_INIT % options, media_type="text/javascript")


@router.get("/docs/{name}")
async def asset(name: str) -> FileResponse:
    """Return one of Swagger UI's two files."""
    if name not in ("swagger-ui.css", "swagger-ui-bundle.js"):
        raise NotFound
    return FileResponse(str(_FILES / name))

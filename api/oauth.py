"""OAuth: where a person comes back to from the app."""

import html

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.callback import NotConnected
from api.connecting import finish_oauth
from api.context import Services
from store.errors import NotFound

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Holdfast</title><style>body{{font:1.1rem/1.5 system-ui;max-width:32rem;margin:15vh auto;padding:0 1rem}}</style>
<h1>{title}</h1><p>{text}</p></html>
"""
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "referrer-policy": "no-referrer",  # the address holds the code
    "x-content-type-options": "nosniff",
}


async def callback(request: Request) -> Response:
    """Finish a flow that a mutation began. What the app says of an error is not shown: anybody can write it."""
    services: Services = request.app.state.services
    state, code = request.query_params.get("state"), request.query_params.get("code")
    if not state or not code:
        return _page(400, "Not connected", "The app did not let Holdfast in. Start again from where you came.")
    try:
        name = await finish_oauth(services, state, code)
    except NotFound:
        return _page(
            400, "Not connected", "This sign-in was finished before, or took longer than ten minutes. Start again."
        )
    except NotConnected as error:
        return _page(502, "Not connected", str(error))
    return _page(200, "Connected", f"{name} is connected. You can close this page.")


def _page(status: int, title: str, text: str) -> Response:
    content = _PAGE.format(title=html.escape(title), text=html.escape(text))
    return HTMLResponse(content, status_code=status, headers=_HEADERS)

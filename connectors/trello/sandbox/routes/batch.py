"""Batch: up to ten GETs in one request."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from connectors.trello.sandbox.call import Call, Redirect
from connectors.trello.sandbox.errors import ApiError, not_found
from connectors.trello.sandbox.routing import ROUTES

Json = dict[str, Any]

MOST = 10
_NAMES = {400: "BadRequestError", 401: "UnauthorizedError", 403: "ForbiddenError", 404: "NotFoundError"}


@ROUTES.on("GET", "/batch")
def batch(call: Call) -> list[Json]:
    """Answer each address in order, with its own status."""
    urls = [url for url in str(call.params.get("urls", "")).split(",") if url]
    if not urls:
        raise ApiError(400, "Must provide urls")
    if len(urls) > MOST:
        raise ApiError(400, f"Batch requests are limited to {MOST} urls")
    return [_answer(call, url) for url in urls]


def _answer(call: Call, url: str) -> Json:
    path, _, query = url.partition("?")
    try:
        found = ROUTES.find("GET", path)
        if found is None or path.startswith(("/1/", "/batch")):
            raise not_found()
        inner = replace(call, path=found.path, params=dict(parse_qsl(query, keep_blank_values=True)))
        answer = found.handler(inner)
        return {"200": None if isinstance(answer, Redirect) else answer}
    except ApiError as error:
        name = _NAMES.get(error.status, "Error")
        return {"name": name, "message": error.text, "statusCode": error.status}

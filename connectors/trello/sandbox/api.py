"""The API's own origin: every request under `/1/` is read, judged, counted and answered here."""

import asyncio
from http import HTTPStatus
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from connectors.stand_in.wire import break_off
from connectors.trello.sandbox import routes  # noqa: F401 - registers every route
from connectors.trello.sandbox.call import Call, Redirect, Upload
from connectors.trello.sandbox.credentials import Access, Claim
from connectors.trello.sandbox.errors import ApiError
from connectors.trello.sandbox.faults import Fault, spoil
from connectors.trello.sandbox.limits import SPECIAL_ROUTES
from connectors.trello.sandbox.reading import read
from connectors.trello.sandbox.routing import ROUTES, Match
from connectors.trello.sandbox.services import Services, seen_of

Json = dict[str, Any]

_EXPOSED = (
    "x-rate-limit-api-key-interval-ms, x-rate-limit-api-key-max, x-rate-limit-api-key-remaining, "
    "x-rate-limit-api-token-interval-ms, x-rate-limit-api-token-max, x-rate-limit-api-token-remaining"
)
_JSON = "application/json; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"


class Api:
    """Answers `/1/…`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, request: Request) -> Response:
        """Answer one request; with whatever was told to go wrong."""
        path = "/" + request.path_params["path"]
        match = _find(request.method, path)
        seen = seen_of(request, path, match.template if isinstance(match, Match) else "")
        self._services.requests.append(seen)
        fault = self._services.faults.next(f"{seen.method} {seen.path}?{seen.query}".rstrip("?"))
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind == "reset":
            return break_off(request)
        headers = self._standing_headers()
        try:
            if fault is not None:
                _fail(fault)
            params, upload = await read(request)
            with self._services.world.lock:
                claim = self._count(request, match, params, headers)
                if isinstance(match, ApiError):
                    raise match
                response = _response(_call(match, self._judged(request, match, params, claim, upload)), headers)
        except ApiError as error:
            response = _refusal(error, headers)
        if fault is not None:
            return _spoiled(request, fault, response)
        return response

    def _count(self, request: Request, match: Match | ApiError, params: Json, headers: dict[str, str]) -> Claim:
        """Count the request, refused ones too, and say in the headers what is left."""
        services = self._services
        claim = services.credentials.claim(request.headers.get("authorization"), params)
        token = services.credentials.tokens.get(claim.secret or "")
        headers.update(
            services.limiter.take(
                key=token.app.key if token else claim.key or "",
                token=claim.secret,
                member=token.member_id if token else None,
                special=isinstance(match, Match) and match.template in SPECIAL_ROUTES,
            )
        )
        return claim

    def _judged(self, request: Request, match: Match, params: Json, claim: Claim, upload: Upload | None) -> Call:
        services = self._services
        token = services.credentials.judge(claim, method=request.method, route=match.template.split("/")[1].lower())
        services.webhooks.client = request.headers.get("x-trello-client-identifier")
        return Call(
            services=services,
            method=request.method,
            path=match.path,
            params={name: value for name, value in params.items() if name not in {"key", "token"}},
            access=Access(app=token.app, token=token, member=services.world.members.get(token.member_id)),
            upload=upload,
            by_header=claim.by_header,
        )

    def _standing_headers(self) -> dict[str, str]:
        return {
            "X-Trello-Version": "1.250000.0",
            "X-Trello-Environment": "Production",
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": _EXPOSED,
            "X-Server-Time": str(int(self._services.world.clock.now().timestamp() * 1000)),
            "Cache-Control": "max-age=0, must-revalidate, no-cache, no-store",
        }


def _find(method: str, path: str) -> Match | ApiError:
    """Find the route. An id of the wrong form is refused here, before credentials are looked at."""
    try:
        return ROUTES.find(method, path) or ApiError(404, f"Cannot {method} /1{path}")
    except ApiError as refusal:
        return refusal


def _call(match: Match, call: Call) -> Any:
    try:
        return match.handler(call)
    except (TypeError, AttributeError, ValueError, LookupError) as error:
        # A parameter of a type that no route expects: the real API answers 400 too, in various words.
        raise ApiError(400, f"invalid value: {type(error).__name__}") from error


def _response(found: Any, headers: dict[str, str]) -> Response:
    if isinstance(found, Redirect):
        return Response(status_code=302, headers={**headers, "Location": found.location})
    return Response(orjson.dumps(found), headers={**headers, "Content-Type": _JSON})


def _refusal(error: ApiError, headers: dict[str, str]) -> Response:
    merged = {**headers, **error.headers}
    if error.body is not None:
        return Response(orjson.dumps(error.body), error.status, headers={**merged, "Content-Type": _JSON})
    return Response(error.text, error.status, headers={**merged, "Content-Type": _TEXT})


def _fail(fault: Fault) -> None:
    if fault.kind == "status":
        error = ApiError(fault.status, fault.body)
        error.headers = fault.headers
        raise error
    if fault.kind == "expired_token":
        raise ApiError(401, "invalid token")


def _spoiled(request: Request, fault: Fault, response: Response) -> Response:
    if fault.kind == "half":
        return break_off(request, response)
    if response.status_code != HTTPStatus.OK or fault.kind in {"status", "slow", "expired_token"}:
        return response
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(spoil(fault, bytes(response.body)), headers=headers)

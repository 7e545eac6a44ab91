"""Hooks: where apps call about changes. A call marks what it is about, and no more: the next backup looks there first.

Nothing is asked of the app while it waits. A call that is not what it should be gets one answer and changes nothing.
"""

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from api.context import Services
from connectors.base import Grant
from connectors.errors import ConnectorError
from connectors.hooks import Challenge, Delivery, Forged, hooks_of
from store import connected_apps, grants, hooks
from store.errors import KeyMissing, NotFound, Unavailable
from store.hooks import Hook

LARGEST_BYTES = 1024 * 1024


async def call(request: Request) -> Response:
    """Answer HEAD, with which Trello asks whether anybody is there, and POST, a call."""
    services: Services = request.app.state.services
    path = request.path_params["path"]
    try:
        async with services.database.system() as connection:
            hook = await hooks.by_path(connection, path)
        if hook is None:
            # Gone for good: an app that is told so forgets the address.
            raise HTTPException(410, "nobody listens here")
        if request.method == "HEAD":
            return Response()
        body = await _body(request)
        delivery = Delivery(url=hook.base_url + path, headers=dict(request.headers), body=body)
        return await _hear(services, request.path_params["app"], hook, delivery)
    except Unavailable:
        raise HTTPException(503, "call again", {"retry-after": "30"}) from None


async def _hear(services: Services, app: str, hook: Hook, delivery: Delivery) -> Response:
    try:
        keys = (await services.repository(hook.account_id)).keys
        async with services.database.account(hook.account_id) as connection:
            connected = await connected_apps.get(connection, hook.account_id, hook.connection_id)
            row = await grants.get(connection, hook.account_id, hook.grant_id)
    except (NotFound, KeyMissing):
        raise HTTPException(410, "nobody listens here") from None
    connector = services.connectors.get(connected.app)
    offered = hooks_of(connector) if connector is not None and connected.app == app else None
    if offered is None:
        raise HTTPException(410, "nobody listens here")
    grant = Grant(grant_id=str(row.grant_id), method=row.method, credentials=row.credentials(keys))
    try:
        told = offered.hear(delivery, grant)
    except Forged:
        raise HTTPException(401, "the signature does not hold") from None
    except ConnectorError as error:
        raise HTTPException(400, str(error)) from None
    if isinstance(told, Challenge):
        return Response(told.body, media_type="application/json")
    async with services.database.account(hook.account_id) as connection:
        is_new = await hooks.hear(connection, hook, told.delivery_id, told.workspace_ids | {hook.workspace_id})
    return PlainTextResponse("marked" if is_new else "heard before")


async def _body(request: Request) -> bytes:
    pieces, size = [], 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > LARGEST_BYTES:
                raise HTTPException(413, f"a call has at most {LARGEST_BYTES} bytes")
            pieces.append(piece)
    except ClientDisconnect:
        raise HTTPException(400, "the call broke off") from None
    return b"".join(pieces)

"""GraphQL over HTTP: methods, media types and statuses, as the specification's draft has them."""

from datetime import timedelta

import orjson
from cross_web import HTTPException
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.unset import UnsetType

from api.accept import choose
from api.auth import authenticate, bearer
from api.context import Context, Services
from api.errors import ErrorCode, HttpError
from api.limits import BODY_BYTES
from api.schema import schema

JSON = "application/json"
MODERN = "application/graphql-response+json"
EVENTS = "text/event-stream"
HTML = "text/html"

REQUEST_ERROR_STATUS = 400
"""For what never ran. The draft says 422 for validation and coercion; the audits still ask for 400."""

_CODES = {
    400: ErrorCode.BAD_INPUT,
    401: ErrorCode.UNAUTHENTICATED,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
}


class View(GraphQL[Context, None]):
    """The GraphQL endpoint. Bodies are JSON only, so that no form of another site can send one."""

    def __init__(self, services: Services) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=10),
            max_subscriptions_per_connection=20,
        )
        self.services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or one WebSocket."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            _check_method(request)
            if self._is_for_console(request):
                await RedirectResponse("/graphiql/", status_code=303)(scope, receive, send)
                return
            request.state.media_type = _media_type(request)
            if request.method == "POST":
                await _read_body(request)
            response = await self.run(request)
        except HttpError as error:
            response = refusal(request, error)
        except HTTPException as error:
            response = refusal(request, _as_ours(error))
        await response(scope, receive, send)

    def should_render_graphql_ide(self, request: object) -> bool:  # noqa: ARG002 - strawberry's signature
        """Leave the console to its own address."""
        return False

    def _is_for_console(self, request: Request) -> bool:
        """Whether a browser was pointed here."""
        is_bare = request.method == "GET" and "query" not in request.query_params
        wanted = choose(request.headers.get("accept"), (JSON, MODERN, EVENTS, HTML))
        return self.services.console and is_bare and wanted == HTML

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002 - strawberry's signature
        """Let the caller in by token, or as nobody; a token that is not good is refused at once."""
        client = request.client.host if request.client else ""
        context = Context(services=self.services, viewer=None, client=client)
        token = bearer(request.headers.get("authorization"))
        if token is not None:
            context.viewer = await authenticate(self.services.database, token)
            if context.viewer is None and isinstance(request, Request):
                raise HttpError(
                    401,
                    ErrorCode.UNAUTHENTICATED,
                    "This token is unknown, expired or revoked.",
                    {"www-authenticate": 'Bearer error="invalid_token"'},
                )
        if isinstance(request, Request):
            request.state.context = context
        return context

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Let a WebSocket in: by the token in its first message, or in the header of the handshake."""
        given = (context.connection_params or {}).get("authorization")
        token = bearer(given) if isinstance(given, str) else None
        if token is not None:
            context.viewer = await authenticate(self.services.database, token)
        if context.viewer is None:
            raise ConnectionRejectionError
        return UnsetType()

    def decode_json(self, data: str | bytes) -> object:
        """Read JSON of a bounded length."""
        if len(data) > BODY_BYTES:
            raise orjson.JSONDecodeError("too long", "", 0)
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """Write JSON as text, because a WebSocket's messages must be text."""
        return orjson.dumps(data).decode()

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """Leave `data` out of the answer to a request that never ran."""
        data = await super().process_result(request, result)
        never_ran = isinstance(result, PreExecutionError) or (
            result.data is None and any(_is_of_request(error) for error in result.errors or ())
        )
        if never_ran:
            data.pop("data", None)
        return data

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Let `create_response` know the request."""
        response = await super().get_sub_response(request)
        response.request = request  # type: ignore[attr-defined]
        return response

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        """Write the answer in the media type that was asked for."""
        request: Request = sub_response.request  # type: ignore[attr-defined]
        context: Context = request.state.context
        status = context.status or 200
        if request.state.media_type == MODERN and "data" not in response_data and context.status is None:
            status = REQUEST_ERROR_STATUS
        return Response(
            orjson.dumps(response_data),
            status_code=status,
            media_type=request.state.media_type,
            headers={"x-request-id": context.request_id, "cache-control": "no-store", **context.headers},
        )


def refusal(request: Request, error: HttpError) -> Response:
    """Answer a request that ended before GraphQL."""
    media_type = getattr(request.state, "media_type", JSON)
    body = {"errors": [{"message": error.message, "extensions": {"code": error.code.value}}]}
    return Response(
        orjson.dumps(body),
        status_code=error.status,
        media_type=MODERN if media_type == MODERN else JSON,
        headers={"cache-control": "no-store", **error.headers},
    )


def _check_method(request: Request) -> None:
    if request.method not in {"GET", "POST"}:
        raise HttpError(405, ErrorCode.BAD_INPUT, "GraphQL is asked by GET or POST.", {"allow": "GET, POST"})


def _media_type(request: Request) -> str:
    chosen = choose(request.headers.get("accept"), (JSON, MODERN, EVENTS))
    if chosen is None:
        raise HttpError(406, ErrorCode.BAD_INPUT, f"Answers are {MODERN}, {JSON} or {EVENTS}.")
    return chosen


async def _read_body(request: Request) -> None:
    """Read the body once it is known to be JSON, and no further than the limit."""
    content_type, _, parameters = request.headers.get("content-type", "").partition(";")
    if content_type.strip().lower() != JSON or not _is_utf8(parameters):
        raise HttpError(415, ErrorCode.BAD_INPUT, f"A body is {JSON}, in UTF-8.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            raise HttpError(413, ErrorCode.BAD_INPUT, f"A body has at most {BODY_BYTES} bytes.")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise HttpError(400, ErrorCode.BAD_INPUT, "The body is not JSON.") from None
    if not isinstance(document, dict):
        raise HttpError(400, ErrorCode.BAD_INPUT, "The body is one JSON object; batches are not served.")
    name = document.get("operationName")
    if name is not None and not isinstance(name, str):
        raise HttpError(400, ErrorCode.BAD_INPUT, "operationName is a string.")
    request._body = bytes(body)  # noqa: SLF001 - where starlette keeps a body that was read


def _is_utf8(parameters: str) -> bool:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "charset" and value.strip('"').lower() not in {"utf-8", "utf8"}:
            return False
    return True


def _is_of_request(error: GraphQLError) -> bool:
    """Whether graphql-core refused the request itself: a bad variable, an unknown operation."""
    return error.path is None


def _as_ours(error: HTTPException) -> HttpError:
    if error.reason.startswith("mutations are not allowed"):
        return HttpError(405, ErrorCode.BAD_INPUT, "Mutations are asked by POST.", {"allow": "POST"})
    if error.reason.startswith("subscriptions are not allowed"):
        return HttpError(400, ErrorCode.BAD_INPUT, f"Subscriptions are streamed: ask for {EVENTS}, or by WebSocket.")
    return HttpError(error.status_code, _CODES.get(error.status_code, ErrorCode.BAD_INPUT), error.reason)

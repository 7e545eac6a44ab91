"""Api: one request, from its bytes to its answer."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import FragmentDefinitionNode, OperationDefinitionNode, OperationType, execute_sync
from starlette.requests import Request
from starlette.responses import Response

from connectors.monday.sandbox import answer as answers
from connectors.monday.sandbox import versions
from connectors.monday.sandbox.answer import Answer
from connectors.monday.sandbox.complexity import Budget, Counter
from connectors.monday.sandbox.credentials import Credentials, Token
from connectors.monday.sandbox.errors import ApiError, LimitError
from connectors.monday.sandbox.faults import Fault, Faults, spoil
from connectors.monday.sandbox.idempotency import Kept
from connectors.monday.sandbox.limits import Limiter
from connectors.monday.sandbox.multipart import Part, parts_of
from connectors.monday.sandbox.paging import Cursors
from connectors.monday.sandbox.resolve.table import Context
from connectors.monday.sandbox.schema import Documents, schema
from connectors.monday.sandbox.storage import Storage
from connectors.monday.sandbox.versions import OLDEST_RESOLVER_ERRORS
from connectors.monday.sandbox.webhooks import Webhooks
from connectors.monday.sandbox.world import World
from connectors.stand_in.wire import break_off

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request that arrived, answered well or not."""

    operation: str
    """Its name, or its first field."""
    query: str = field(repr=False)
    variables: Json = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    cost: int = 0


@dataclass(slots=True, kw_only=True)
class Services:
    """One stand-in's state and parts."""

    world: World
    credentials: Credentials
    limiter: Limiter
    storage: Storage
    webhooks: Webhooks
    cursors: Cursors
    faults: Faults
    kept: Kept
    documents: Documents = field(default_factory=Documents)
    requests: list[Seen] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """The limits that were met."""
    downloads: list[str] = field(default_factory=list)
    """Every request for an upload's bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a body asks."""

    query: str
    variables: Json
    operation: str | None
    parts: dict[str, Part]


@dataclass(slots=True, kw_only=True)
class _Turn:
    """One request on its way to its answer."""

    request: Request
    struck: list[Fault]
    is_upload: bool
    version: str = versions.CURRENT
    envelope: Json = field(default_factory=dict)


class Api:
    """Answers `/v2` and `/v2/file`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, request: Request) -> Response:
        """Answer a query or mutation."""
        return await self._answer(request, is_upload=False)

    async def upload(self, request: Request) -> Response:
        """Answer a mutation that brings a file."""
        return await self._answer(request, is_upload=True)

    async def _answer(self, request: Request, *, is_upload: bool) -> Response:
        services = self._services
        raw = await request.body()
        struck = services.faults.strike(raw.decode("utf-8", "replace"))
        for fault in struck:
            if fault.kind == "status":
                return Response(b"", fault.status, media_type="text/plain")
            if fault.kind == "reset":
                return break_off(request)
        turn = _Turn(request=request, struck=struck, is_upload=is_upload)
        token = services.credentials.find(request.headers.get("authorization"))
        holder = token.secret if token is not None else ""
        services.limiter.enter(holder)
        try:
            for fault in struck:
                await asyncio.sleep(fault.seconds)
            found = self._found(turn, token, raw)
        finally:
            services.limiter.in_flight[holder] -= 1
        return self._response(turn, found, holder)

    def _found(self, turn: _Turn, token: Token | None, raw: bytes) -> Answer:
        services = self._services
        with services.world.lock:
            turn.envelope = {"extensions": {"request_id": services.world.ids.uuid()}}
            try:
                turn.version = versions.resolve(turn.request.headers.get("api-version"))
                if token is None:
                    return answers.unauthenticated(turn.version)
                if turn.version < OLDEST_RESOLVER_ERRORS or turn.is_upload:
                    turn.envelope = {"account_id": services.world.account_id}
                if any(fault.kind == "internal" for fault in turn.struck):
                    return answers.broken(turn.version, turn.envelope, is_upload=turn.is_upload)
                _refuse(turn.struck)
                services.limiter.call(token.secret)
                asked = _asked(turn.request, raw, is_upload=turn.is_upload)
                if turn.is_upload and not asked.parts:
                    return answers.broken(turn.version, turn.envelope, is_upload=True)
                return self._carried_out(turn, asked, token)
            except LimitError as error:
                services.refused.append(error.code)
                return answers.limited(error, turn.version, turn.envelope)
            except ApiError as error:
                return answers.bad_request(error.message, turn.envelope, error.code)

    def _carried_out(self, turn: _Turn, asked: _Asked, token: Token) -> Answer:
        services = self._services
        read = services.documents.read(asked.query)
        if read.document is None or read.errors:
            self._note(turn.request, asked, "invalid", 0)
            return answers.invalid(read.errors, turn.version, turn.envelope, read.document)
        operations = [each for each in read.document.definitions if isinstance(each, OperationDefinitionNode)]
        wanted = [each for each in operations if asked.operation in {None, each.name and each.name.value}]
        if len(wanted) != 1:
            return answers.bad_request("Must provide the name of one operation", turn.envelope)
        operation = wanted[0]
        fragments = {x.name.value: x for x in read.document.definitions if isinstance(x, FragmentDefinitionNode)}
        counter = Counter(schema(), fragments, asked.variables)
        cost = counter.count(operation)
        self._note(turn.request, asked, _name(operation), cost)
        key = turn.request.headers.get("idempotency-key")
        keeps = key is not None and operation.operation is OperationType.MUTATION
        if keeps:
            replayed = services.kept.begin(token.secret, str(key))
            if replayed is not None:
                return replayed
        answer = None
        try:
            light = counter.is_only_complexity(operation)
            before = services.limiter.left(token.secret)
            services.limiter.take(token.secret, 1 if light else cost, light=light)
            budget = Budget(before, cost, services.limiter.seconds_left(token.secret))
            context = self._context(turn, asked, token, budget)
            result = execute_sync(schema(), read.document, None, context, asked.variables, asked.operation)
            answer = answers.answered(
                result.data, result.errors or [], turn.version, turn.envelope, is_upload=turn.is_upload
            )
        finally:
            if keeps:
                services.kept.end(token.secret, str(key), answer)
        return answer

    def _context(self, turn: _Turn, asked: _Asked, token: Token, budget: Budget) -> Context:
        services = self._services
        return Context(
            world=services.world,
            me=services.world.users[token.user_id],
            version=turn.version,
            cursors=services.cursors,
            storage=services.storage,
            webhooks=services.webhooks,
            budget=budget,
            signs=token.is_app,
            uploads=asked.parts,
            failures={fault.field_name for fault in turn.struck if fault.kind == "field"},
        )

    def _note(self, request: Request, asked: _Asked, operation: str, cost: int) -> None:
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        self._services.requests.append(
            Seen(operation=operation, query=asked.query, variables=asked.variables, headers=headers, cost=cost)
        )

    def _response(self, turn: _Turn, answer: Answer, holder: str) -> Response:
        body = orjson.dumps(answer.body)
        headers = {**self._services.limiter.headers(holder), **answer.headers}
        if answer.tells_version:
            headers |= {"Api-Version": turn.version, "X-Request-Id": self._services.world.ids.uuid()}
        for fault in turn.struck:
            body = spoil(fault, body)
        response = Response(body, answer.status, headers, media_type="application/json; charset=utf-8")
        if any(fault.kind == "half" for fault in turn.struck):
            return break_off(turn.request, response)
        return response


def _refuse(struck: list[Fault]) -> None:
    for fault in struck:
        if fault.kind == "refuse":
            raise ApiError("InvalidArgumentException", "invalid argument", 400)
        if fault.kind == "limit":
            raise LimitError(fault.code, fault.code, fault.code.replace("_", " "), 7, status=fault.status)


def _asked(request: Request, raw: bytes, *, is_upload: bool) -> _Asked:
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("multipart/"):
        return _asked_in_parts(parts_of(content_type, raw))
    if is_upload:
        raise ApiError("BadRequest", "a file comes as multipart/form-data", 400)
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise ApiError("JsonParseException", "the body is not JSON", 400) from None
    return _of_body(body, {})


def _asked_in_parts(parts: list[Part]) -> _Asked:
    """Read either form: `query` with `variables[file]`, or the GraphQL multipart form with its `map`."""
    fields = {part.place: part.content for part in parts if not part.name}
    files = {part.place: part for part in parts if part.name}
    if "operations" in fields:
        body = orjson.loads(fields["operations"])
    else:
        body = {"query": fields.get("query", b"").decode(), "variables": orjson.loads(fields.get("variables", b"{}"))}
    variables = body.get("variables") or {}
    named = orjson.loads(fields["map"]) if "map" in fields else {}
    for field_name in files:
        places = named.get(field_name, [])
        # Both `["variables.file"]` and `"variables.file"` are sent by clients.
        for place in [places] if isinstance(places, str) else places or [_inner(field_name)]:
            variables[str(place).removeprefix("variables.")] = field_name
    return _of_body({**body, "variables": variables}, files)


def _inner(field_name: str) -> str:
    return field_name.removeprefix("variables[").removesuffix("]")


def _of_body(body: Any, parts: dict[str, Part]) -> _Asked:
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise ApiError("BadRequest", "No query string was present", 400)
    variables = body.get("variables")
    if isinstance(variables, str):
        variables = orjson.loads(variables or "{}")
    return _Asked(query=body["query"], variables=variables or {}, operation=body.get("operationName"), parts=parts)


def _name(operation: OperationDefinitionNode) -> str:
    if operation.name is not None:
        return operation.name.value
    first: Any = operation.selection_set.selections[0]
    return str(first.name.value)

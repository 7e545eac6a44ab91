"""Subscriptions: an operation as it goes, over Server-Sent Events and WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from api import ids
from store import operations, tokens
from store.record import OperationId
from tests.acceptance.graphql.live import serve
from tests.api_fixtures import Client
from tests.api_world import Holder, World

FOLLOW = "subscription ($id: ID!) { operationUpdated(id: $id) { status progress { done total } } }"
PROTOCOL = Subprotocol("graphql-transport-ws")


def name_of(operation_id: OperationId) -> str:
    return ids.encode(ids.Prefix.OPERATION, operation_id)


async def advance(world: World, holder: Holder, operation_id: OperationId, done: int) -> None:
    async with world.database.account(holder.account_id) as connection:
        await operations.claim(connection, operation_id, owner="w", lease=timedelta(minutes=1))
        await operations.report(connection, operation_id, owner="w", progress={"done": done, "total": 9})


async def succeed(world: World, holder: Holder, operation_id: OperationId) -> None:
    async with world.database.account(holder.account_id) as connection:
        await operations.succeed(connection, operation_id, owner="w", result={})


@asynccontextmanager
async def events(url: str, token: str, query: str, variables: dict[str, Any]) -> AsyncIterator[AsyncIterator[Any]]:
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    body = {"query": query, "variables": variables}
    async with (
        httpx.AsyncClient(timeout=20) as http,
        http.stream("POST", f"{url}/graphql", json=body, headers=headers) as response,
    ):

        async def each() -> AsyncIterator[Any]:
            event = ""
            async for line in response.aiter_lines():
                if line.startswith("event:"):
                    event = line.removeprefix("event:").strip()
                elif line.startswith("data:"):
                    if event == "complete":
                        return
                    yield json.loads(line.removeprefix("data:"))

        yield each()


async def test_events_begin_with_the_present_and_end_with_the_operation(app: Starlette, acme: Holder, world: World):
    operation_id = await world.operation(acme)
    await advance(world, acme, operation_id, 1)
    async with serve(app) as url, events(url, acme.token, FOLLOW, {"id": name_of(operation_id)}) as stream:
        seen = [(await anext(stream))["data"]["operationUpdated"]]
        await advance(world, acme, operation_id, 2)
        seen.append((await anext(stream))["data"]["operationUpdated"])
        await succeed(world, acme, operation_id)
        seen += [event["data"]["operationUpdated"] async for event in stream]

    assert [("RUNNING", 1), ("RUNNING", 2), ("SUCCEEDED", 2)] == [
        (state["status"], state["progress"]["done"]) for state in seen
    ]


async def test_finished_operation_is_told_once(app: Starlette, acme: Holder):
    finished = name_of(acme.snapshots[0].operation_id)
    async with serve(app) as url, events(url, acme.token, FOLLOW, {"id": finished}) as stream:
        seen = [event["data"]["operationUpdated"]["status"] async for event in stream]

    assert ["SUCCEEDED"] == seen


async def test_lost_notification_only_costs_time(
    app: Starlette, acme: Holder, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("api.subscriptions.LOOK_AGAIN_SECONDS", 0.1)
    await app.state.services.feed.stop()
    operation_id = await world.operation(acme)
    async with serve(app) as url, events(url, acme.token, FOLLOW, {"id": name_of(operation_id)}) as stream:
        await anext(stream)
        await advance(world, acme, operation_id, 1)
        event = await anext(stream)

    assert "RUNNING" == event["data"]["operationUpdated"]["status"]


async def test_listening_begins_again_after_postgres_dropped_it(
    app: Starlette, acme: Holder, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("api.subscriptions.LOOK_AGAIN_SECONDS", 60)
    monkeypatch.setattr("api.operation_feed.RECONNECT_SECONDS", 0.05)
    operation_id = await world.operation(acme)
    async with serve(app) as url, events(url, acme.token, FOLLOW, {"id": name_of(operation_id)}) as stream:
        await anext(stream)
        async with world.database.pool.acquire() as connection:
            listening = "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%'"
            assert await connection.fetch(listening)
        await advance(world, acme, operation_id, 1)
        async with asyncio.timeout(10):
            event = await anext(stream)

    assert "RUNNING" == event["data"]["operationUpdated"]["status"]


async def test_revoked_token_hears_no_more(app: Starlette, acme: Holder, world: World):
    operation_id = await world.operation(acme)
    async with serve(app) as url, events(url, acme.token, FOLLOW, {"id": name_of(operation_id)}) as stream:
        await anext(stream)
        async with world.database.account(acme.account_id) as connection:
            found = await tokens.living(connection, tokens.fingerprint(acme.token))
            assert found is not None
            await tokens.revoke(connection, acme.account_id, found[0].token_id)
        await advance(world, acme, operation_id, 1)
        (last,) = [event async for event in stream]

    assert "UNAUTHENTICATED" == last["errors"][0]["extensions"]["code"]


async def test_query_over_events_answers_once(app: Starlette, acme: Holder):
    async with serve(app) as url, events(url, acme.token, "{ account { name } }", {}) as stream:
        seen = [event["data"] async for event in stream]

    assert [{"account": {"name": "Acme"}}] == seen


async def test_subscription_without_a_stream_is_refused(client: Client):
    response = await client.post(FOLLOW, {"id": "ope_x"})

    assert 400 <= response.status_code < 500
    assert response.json()["errors"]


async def greet(socket: ClientConnection, token: str) -> None:
    payload = {"authorization": f"Bearer {token}"}
    await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
    assert {"type": "connection_ack"} == json.loads(await socket.recv())


async def ask(socket: ClientConnection, query: str, variables: dict[str, Any]) -> None:
    payload = {"query": query, "variables": variables}
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))


async def test_websocket_follows_too(app: Starlette, acme: Holder, world: World):
    operation_id = await world.operation(acme)
    async with serve(app) as url, connect(f"{url}/graphql".replace("http", "ws"), subprotocols=[PROTOCOL]) as socket:
        await greet(socket, acme.token)
        await ask(socket, FOLLOW, {"id": name_of(operation_id)})
        first = json.loads(await socket.recv())
        await advance(world, acme, operation_id, 3)
        second = json.loads(await socket.recv())
        await succeed(world, acme, operation_id)
        rest = [json.loads(await socket.recv())["type"] for _ in range(2)]

    assert "QUEUED" == first["payload"]["data"]["operationUpdated"]["status"]
    assert 3 == second["payload"]["data"]["operationUpdated"]["progress"]["done"]
    assert ["next", "complete"] == rest


@pytest.mark.parametrize("token", ["", "hf_wrong"])
async def test_websocket_without_a_good_token_is_closed(app: Starlette, token: str):
    async with serve(app) as url, connect(f"{url}/graphql".replace("http", "ws"), subprotocols=[PROTOCOL]) as socket:
        payload = {"authorization": f"Bearer {token}"} if token else {}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()

    assert closed.value.rcvd is not None
    assert 4403 == closed.value.rcvd.code


async def test_websocket_of_a_revoked_token_starts_nothing_more(app: Starlette, acme: Holder, world: World):
    async with serve(app) as url, connect(f"{url}/graphql".replace("http", "ws"), subprotocols=[PROTOCOL]) as socket:
        await greet(socket, acme.token)
        async with world.database.system() as connection:
            await connection.execute("update api_tokens set revoked_at = now()")
        await ask(socket, "{ account { name } }", {})
        answer = json.loads(await socket.recv())

    assert "UNAUTHENTICATED" == answer["payload"]["errors"][0]["extensions"]["code"]


async def test_websocket_from_another_site_is_refused(app: Starlette):
    async with serve(app) as url:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(
                f"{url}/graphql".replace("http", "ws"),
                subprotocols=[PROTOCOL],
                additional_headers={"origin": "https://elsewhere.example"},
            ):
                pass

    assert 403 == refused.value.response.status_code

"""Trello bench: the requests that a cycle makes of an account of 100 boards, against the stand-in."""

from datetime import UTC, datetime

from connectors.base import Grant, ReadJob, Scope, State
from connectors.http import HttpSettings
from connectors.trello.connector import TrelloConnector, TrelloSettings
from connectors.trello.sandbox import Sandbox, edit, generate
from connectors.trello.spec import KEY_TOKEN
from store.record import JsonObject
from tests.bench.result import Result


async def requests() -> list[Result]:
    """Read all; then unchanged; then one board changed."""
    world = generate("hundred")
    with Sandbox(world).start() as sandbox:
        connector = TrelloConnector(
            TrelloSettings(
                api_url=sandbox.url,
                authorize_url=f"{sandbox.auth_url}/authorize",
                token_url=f"{sandbox.auth_url}/oauth/token",
                client_id=sandbox.app.client_id,
                client_secret=sandbox.app.client_secret,
                http=HttpSettings(allow_private=True),
            )
        )
        try:
            state, _ = await _cycle(connector, sandbox, {})
            state, unchanged = await _cycle(connector, sandbox, state)
            with sandbox.editing() as edited:
                edit(edited, sandbox.owner)
            _, changed = await _cycle(connector, sandbox, state)
        finally:
            await connector.aclose()
    return [
        Result(
            name="trello-requests", value=unchanged, unit="requests", target="at most 2, 100 boards unchanged", limit=2
        ),
        Result(
            name="trello-requests-changed",
            value=changed - unchanged,
            unit="requests",
            target="at most 5 more for one board",
            limit=5,
        ),
    ]


async def _cycle(connector: TrelloConnector, sandbox: Sandbox, state: JsonObject) -> tuple[JsonObject, int]:
    """Read one cycle; return what to remember, and how many requests the stand-in saw."""
    sandbox.services.requests.clear()
    credentials = {"key": sandbox.key, "token": sandbox.token}
    job = ReadJob(
        grants=[Grant(grant_id="owner", method=KEY_TOKEN, credentials=credentials)],
        scope=Scope(),
        state=state,
        cursor=None,
        full=None,
        now=datetime.now(UTC),
    )
    async for item in connector.read(job):
        if isinstance(item, State):
            state = item.state
    return state, len(sandbox.services.requests)

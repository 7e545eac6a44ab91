"""An API process that answers one `backupStart`, to be killed.

Reads JSON from standard input: `database_url`, `store_url`, `master_key`, `trello_url`; `key`, the idempotency key; and
`die`, the point at which it kills itself.
"""

import asyncio
import json
import sys

import httpx

from api import ids
from api.auth import Scope
from api.cli.serving import app_of
from store import members, tokens
from store.members import Role
from store.record import AccountId, ConnectionId
from tests.integration.workers.dying import arm
from workers.broker import open_broker
from workers.queue import Queue
from workers.runtime import Runtime
from workers.settings import Settings

START = """mutation ($input: BackupStartInput!) { backupStart(input: $input) {
    operation { id status } userErrors { code } } }"""


async def main() -> None:
    given = json.loads(sys.stdin.read())
    point, key = given.pop("die", None), given.pop("key")
    runtime = await Runtime.open(Settings.load(**given, allow_private_addresses=True))
    async with runtime.database.system() as connection:
        row = await connection.fetchrow("select account_id, connection_id from connections")
        account_id, connection_id = AccountId(row["account_id"]), ConnectionId(row["connection_id"])
        people = await members.of_account(connection, account_id)
        person = (
            people[0]
            if people
            else await members.create(
                connection, account_id=account_id, email="ada@example.org", name="Ada", role=Role.OWNER
            )
        )
        token, _ = await tokens.issue_token(
            connection,
            account_id=account_id,
            member_id=person.member_id,
            name="one request",
            scopes=[Scope.BACKUP_START],
            expires_at=None,
        )
    if point:
        arm(point)
    app = app_of(runtime, Queue(open_broker(None)), public_url="http://holdfast.test")
    asked = {"connectionId": ids.encode(ids.Prefix.CONNECTION, connection_id), "idempotencyKey": key}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://holdfast.test") as client:
        answer = await client.post(
            "/graphql",
            json={"query": START, "variables": {"input": asked}},
            headers={"authorization": f"Bearer {token}"},
        )
    assert not answer.json()["data"]["backupStart"]["userErrors"], answer.text
    await runtime.close()


asyncio.run(main())

"""Tenancy: what is another account's answers as what is not there, at every door."""

from typing import Any

import pytest
from graphql import GraphQLNonNull, get_named_type, is_input_object_type, is_list_type
from starlette.applications import Starlette

from api import ids
from api.ids import Prefix, RecordRef, VersionRef, WorkspaceRef
from api.schema import schema
from store import drive, holds, members, tokens
from store.destinations import Channel
from store.members import Role
from store.record import ConnectionId, ExternalId, Kind, WorkspaceId
from tests.api_fixtures import Client, client_of
from tests.api_world import Holder, World
from workers import telling

Ids = dict[Prefix, str]

# Every argument and input field of type ID in the schema, and what it is an id of.
DOORS = {
    "Query.connection.id": Prefix.CONNECTION,
    "Query.workspaces.connectionId": Prefix.CONNECTION,
    "Query.records.connectionId": Prefix.CONNECTION,
    "Query.records.snapshotId": Prefix.SNAPSHOT,
    "Query.records.workspaceId": Prefix.WORKSPACE,
    "Query.records.parentId": Prefix.RECORD,
    "Query.record.id": Prefix.RECORD,
    "Query.record.snapshotId": Prefix.SNAPSHOT,
    "Query.snapshots.connectionId": Prefix.CONNECTION,
    "Query.snapshotDiff.from": Prefix.SNAPSHOT,
    "Query.snapshotDiff.to": Prefix.SNAPSHOT,
    "Query.operations.connectionId": Prefix.CONNECTION,
    "Query.node.id": None,
    "Query.nodes.ids": None,
    "ConnectedApp.records.snapshotId": Prefix.SNAPSHOT,
    "ConnectedApp.records.workspaceId": Prefix.WORKSPACE,
    "ConnectedApp.records.parentId": Prefix.RECORD,
    "Snapshot.records.workspaceId": Prefix.WORKSPACE,
    "Snapshot.records.parentId": Prefix.RECORD,
    "Subscription.operationUpdated.id": Prefix.OPERATION,
    "ApiTokenRevokeInput.id": Prefix.TOKEN,
    "HoldLiftInput.id": Prefix.HOLD,
    "HoldPlaceInput.connectionId": Prefix.CONNECTION,
    "RecordsEraseInput.records": Prefix.RECORD,
    "RetentionSetInput.connectionId": Prefix.CONNECTION,
    "BackupStartInput.connectionId": Prefix.CONNECTION,
    "ConnectionAuthorizeInput.connectionId": Prefix.CONNECTION,
    "ConnectionSetScopeInput.connectionId": Prefix.CONNECTION,
    "DriveConnectInput.onlyConnections": Prefix.CONNECTION,
    "DriveDisconnectInput.id": Prefix.DRIVE,
    "DriveUpdateInput.onlyConnections": Prefix.CONNECTION,
    "OperationCancelInput.id": Prefix.OPERATION,
    "ConnectionUpdateInput.connectionId": Prefix.CONNECTION,
    "GrantRemoveInput.id": Prefix.GRANT,
    "DestinationUpdateInput.id": Prefix.DESTINATION,
    "DestinationRemoveInput.id": Prefix.DESTINATION,
    "DestinationTestInput.id": Prefix.DESTINATION,
    "DeliverySendAgainInput.id": Prefix.DELIVERY,
    "DrillStartInput.connectionId": Prefix.CONNECTION,
    "ExportStartInput.connectionId": Prefix.CONNECTION,
    "ExportStartInput.recordIds": Prefix.RECORD,
    "ExportStartInput.snapshotId": Prefix.SNAPSHOT,
    "ExportStartInput.workspaceIds": Prefix.WORKSPACE,
    "RestorePauseInput.id": Prefix.OPERATION,
    "RestoreResumeInput.id": Prefix.OPERATION,
    "RestorePlanInput.connectionId": Prefix.CONNECTION,
    "RestorePlanInput.failedOf": Prefix.OPERATION,
    "RestorePlanInput.intoConnectionId": Prefix.CONNECTION,
    "RestorePlanInput.intoWorkspaceId": Prefix.WORKSPACE,
    "RestorePlanInput.recordIds": Prefix.RECORD,
    "RestorePlanInput.snapshotId": Prefix.SNAPSHOT,
    "RestorePlanInput.workspaceIds": Prefix.WORKSPACE,
}

# ruff: noqa: E501 - one query a line
QUERIES = {
    "Query.connection.id": "query ($x: ID!) { connection(id: $x) { id } }",
    "Query.workspaces.connectionId": "query ($x: ID!) { workspaces(connectionId: $x, first: 1) { totalCount } }",
    "Query.records.connectionId": "query ($x: ID!) { records(connectionId: $x, first: 1) { totalCount } }",
    "Query.records.snapshotId": "query ($x: ID!, $c: ID!) { records(connectionId: $c, snapshotId: $x, first: 1) { totalCount } }",
    "Query.records.workspaceId": "query ($x: ID!, $c: ID!) { records(connectionId: $c, workspaceId: $x, first: 1) { totalCount } }",
    "Query.records.parentId": "query ($x: ID!, $c: ID!) { records(connectionId: $c, parentId: $x, first: 1) { totalCount } }",
    "Query.record.id": "query ($x: ID!) { record(id: $x) { id } }",
    "Query.record.snapshotId": "query ($x: ID!, $r: ID!) { record(id: $r, snapshotId: $x) { id } }",
    "Query.snapshots.connectionId": "query ($x: ID!) { snapshots(connectionId: $x, first: 1) { totalCount } }",
    "Query.snapshotDiff.from": "query ($x: ID!, $s: ID!) { snapshotDiff(from: $x, to: $s, first: 1) { totalCount } }",
    "Query.snapshotDiff.to": "query ($x: ID!, $s: ID!) { snapshotDiff(from: $s, to: $x, first: 1) { totalCount } }",
    "Query.operations.connectionId": "query ($x: ID!) { operations(connectionId: $x, first: 1) { totalCount } }",
    "ConnectedApp.records.snapshotId": "query ($x: ID!, $c: ID!) { connection(id: $c) { records(snapshotId: $x, first: 1) { totalCount } } }",
    "ConnectedApp.records.workspaceId": "query ($x: ID!, $c: ID!) { connection(id: $c) { records(workspaceId: $x, first: 1) { totalCount } } }",
    "ConnectedApp.records.parentId": "query ($x: ID!, $c: ID!) { connection(id: $c) { records(parentId: $x, first: 1) { totalCount } } }",
    "Snapshot.records.workspaceId": "query ($x: ID!, $s: ID!) { node(id: $s) { ... on Snapshot { records(workspaceId: $x, first: 1) { totalCount } } } }",
    "Snapshot.records.parentId": "query ($x: ID!, $s: ID!) { node(id: $s) { ... on Snapshot { records(parentId: $x, first: 1) { totalCount } } } }",
    "ApiTokenRevokeInput.id": "mutation ($x: ID!) { apiTokenRevoke(input: {id: $x}) { apiToken { id } userErrors { code } } }",
    "HoldLiftInput.id": 'mutation ($x: ID!) { holdLift(input: {id: $x, reason: "r"}) { hold { id } userErrors { code } } }',
    "HoldPlaceInput.connectionId": 'mutation ($x: ID!) { holdPlace(input: {connectionId: $x, reason: "r"}) { hold { id } userErrors { code } } }',
    "RecordsEraseInput.records": 'mutation ($x: ID!) { recordsErase(input: {records: [$x], reason: "r", idempotencyKey: "k"}) { operation { id } userErrors { code } } }',
    "RetentionSetInput.connectionId": "mutation ($x: ID!) { retentionSet(input: {connectionId: $x}) { userErrors { code } } }",
    "BackupStartInput.connectionId": 'mutation ($x: ID!) { backupStart(input: {connectionId: $x, idempotencyKey: "k"}) { operation { id } userErrors { code } } }',
    "ConnectionAuthorizeInput.connectionId": "mutation ($x: ID!) { connectionAuthorize(input: {connectionId: $x, authorization: {oauth2: true}}) { authorizeUrl userErrors { code } } }",
    "ConnectionSetScopeInput.connectionId": "mutation ($x: ID!) { connectionSetScope(input: {connectionId: $x, scope: {}}) { connection { id } userErrors { code } } }",
    "ConnectionUpdateInput.connectionId": "mutation ($x: ID!) { connectionUpdate(input: {connectionId: $x}) { connection { id } userErrors { code } } }",
    "GrantRemoveInput.id": "mutation ($x: ID!) { grantRemove(input: {id: $x}) { connection { id } userErrors { code } } }",
    "DestinationUpdateInput.id": "mutation ($x: ID!) { destinationUpdate(input: {id: $x}) { destination { id } userErrors { code } } }",
    "DestinationRemoveInput.id": "mutation ($x: ID!) { destinationRemove(input: {id: $x}) { removedId userErrors { code } } }",
    "DestinationTestInput.id": "mutation ($x: ID!) { destinationTest(input: {id: $x}) { delivery { id } userErrors { code } } }",
    "DeliverySendAgainInput.id": "mutation ($x: ID!) { deliverySendAgain(input: {id: $x}) { delivery { id } userErrors { code } } }",
    "DriveConnectInput.onlyConnections": "mutation ($x: ID!) { driveConnect(input: {onlyConnections: [$x]}) { authorizeUrl userErrors { code } } }",
    "DriveDisconnectInput.id": "mutation ($x: ID!) { driveDisconnect(input: {id: $x}) { disconnectedId userErrors { code } } }",
    "DriveUpdateInput.onlyConnections": "mutation ($x: ID!) { driveUpdate(input: {onlyConnections: [$x]}) { drive { id } userErrors { code } } }",
    "OperationCancelInput.id": "mutation ($x: ID!) { operationCancel(input: {id: $x}) { operation { id } userErrors { code } } }",
    "DrillStartInput.connectionId": 'mutation ($x: ID!) { drillStart(input: {connectionId: $x, idempotencyKey: "k"}) { operation { id } userErrors { code } } }',
    "ExportStartInput.connectionId": 'mutation ($x: ID!) { exportStart(input: {connectionId: $x, idempotencyKey: "k"}) { operation { id } userErrors { code } } }',
    "ExportStartInput.recordIds": 'mutation ($x: ID!, $c: ID!) { exportStart(input: {connectionId: $c, recordIds: [$x], idempotencyKey: "k"}) { operation { id } userErrors { code } } }',
    "ExportStartInput.snapshotId": 'mutation ($x: ID!, $c: ID!) { exportStart(input: {connectionId: $c, snapshotId: $x, idempotencyKey: "k"}) { operation { id } userErrors { code } } }',
    "ExportStartInput.workspaceIds": 'mutation ($x: ID!, $c: ID!) { exportStart(input: {connectionId: $c, workspaceIds: [$x], idempotencyKey: "k"}) { operation { id } userErrors { code } } }',
    "RestorePauseInput.id": "mutation ($x: ID!) { restorePause(input: {id: $x}) { operation { id } userErrors { code } } }",
    "RestoreResumeInput.id": "mutation ($x: ID!) { restoreResume(input: {id: $x}) { operation { id } userErrors { code } } }",
    "RestorePlanInput.connectionId": 'mutation ($x: ID!) { restorePlan(input: {connectionId: $x, everythingDeletedSince: true, idempotencyKey: "k"}) { operation { id } userErrors { field code message } } }',
    "RestorePlanInput.failedOf": 'mutation ($x: ID!, $c: ID!) { restorePlan(input: {connectionId: $c, failedOf: $x, idempotencyKey: "k"}) { operation { id } userErrors { field code message } } }',
    "RestorePlanInput.intoConnectionId": 'mutation ($x: ID!, $c: ID!) { restorePlan(input: {connectionId: $c, everythingDeletedSince: true, intoConnectionId: $x, idempotencyKey: "k"}) { operation { id } userErrors { field code message } } }',
    "RestorePlanInput.intoWorkspaceId": 'mutation ($x: ID!, $c: ID!) { restorePlan(input: {connectionId: $c, everythingDeletedSince: true, intoWorkspaceId: $x, idempotencyKey: "k"}) { operation { id } userErrors { field code message } } }',
    "RestorePlanInput.recordIds": 'mutation ($x: ID!, $c: ID!) { restorePlan(input: {connectionId: $c, recordIds: [$x], idempotencyKey: "k"}) { operation { id } userErrors { field code message } } }',
    "RestorePlanInput.snapshotId": 'mutation ($x: ID!, $c: ID!) { restorePlan(input: {connectionId: $c, everythingDeletedSince: true, snapshotId: $x, idempotencyKey: "k"}) { operation { id } userErrors { field code message } } }',
    "RestorePlanInput.workspaceIds": 'mutation ($x: ID!, $c: ID!) { restorePlan(input: {connectionId: $c, workspaceIds: [$x], idempotencyKey: "k"}) { operation { id } userErrors { field code message } } }',
}  # fmt: skip


def test_every_door_is_known():
    found = set()
    for kind in schema._schema.type_map.values():
        if kind.name.startswith("__"):
            continue
        if is_input_object_type(kind):
            found |= {f"{kind.name}.{name}" for name, field in kind.fields.items() if is_id(field.type)}
            continue
        for field_name, field in getattr(kind, "fields", {}).items():
            found |= {f"{kind.name}.{field_name}.{name}" for name, given in field.args.items() if is_id(given.type)}

    assert set(DOORS) == found
    assert {"Query.node.id", "Query.nodes.ids", "Subscription.operationUpdated.id"} == set(DOORS) - set(QUERIES)


def is_id(of_type: Any) -> bool:
    inner = of_type.of_type if isinstance(of_type, GraphQLNonNull) else of_type
    return get_named_type(of_type).name == "ID" and (inner is get_named_type(of_type) or is_list_type(inner))


async def ids_of(world: World, holder: Holder) -> Ids:
    """One id of every type that really is this account's."""
    assert holder.connected is not None
    connection_id = ConnectionId(holder.connected.connection_id)
    card = RecordRef(connection_id=connection_id, kind=Kind("card"), external_id=ExternalId("c1"))
    async with world.database.account(holder.account_id) as connection:
        grant_id = await connection.fetchval("select grant_id from grants")
        token = await tokens.living(connection, tokens.fingerprint(holder.token))
        destination, _ = await telling.add(
            connection,
            holder.repository.keys,
            holder.account_id,
            "https://example.org/hook",
            channel=Channel.WEBHOOK,
            kinds=None,
            allow_private=False,
        )
        delivery = await telling.test(connection, destination)
        copied = await drive.put(
            connection,
            holder.repository.keys,
            account_id=holder.account_id,
            subject="ada",
            name="ada@example.com",
            credentials={"refresh_token": "r"},
        )
    assert token is not None
    hold = await holds.place(holder.repository, None, reason="r", by="m")
    return {
        Prefix.ACCOUNT: ids.encode(Prefix.ACCOUNT, holder.account_id),
        Prefix.CONNECTION: ids.encode(Prefix.CONNECTION, connection_id),
        Prefix.DELIVERY: ids.encode(Prefix.DELIVERY, delivery.delivery_id),
        Prefix.DESTINATION: ids.encode(Prefix.DESTINATION, destination.destination_id),
        Prefix.EVENT: ids.encode(Prefix.EVENT, delivery.event_id),
        Prefix.DRIVE: ids.encode(Prefix.DRIVE, copied.destination_id),
        Prefix.GRANT: ids.encode(Prefix.GRANT, grant_id),
        Prefix.HOLD: ids.encode(Prefix.HOLD, hold.hold_id),
        Prefix.MEMBER: ids.encode(Prefix.MEMBER, holder.owner.member_id),
        Prefix.OPERATION: ids.encode(Prefix.OPERATION, holder.snapshots[0].operation_id),
        Prefix.RECORD: ids.encode_record(card),
        Prefix.SNAPSHOT: ids.encode(Prefix.SNAPSHOT, holder.snapshots[0].snapshot_id),
        Prefix.TOKEN: ids.encode(Prefix.TOKEN, token[0].token_id),
        Prefix.VERSION: ids.encode_version(VersionRef(record=card, from_seq=1)),
        Prefix.WORKSPACE: ids.encode_workspace(
            WorkspaceRef(connection_id=connection_id, workspace_id=WorkspaceId("w1"))
        ),
    }


def missing() -> Ids:
    """One well-formed id of every type that is nobody's."""
    nobody = ConnectionId(ids.UUID(int=7))
    card = RecordRef(connection_id=nobody, kind=Kind("card"), external_id=ExternalId("c1"))
    special = {
        Prefix.RECORD: ids.encode_record(card),
        Prefix.VERSION: ids.encode_version(VersionRef(record=card, from_seq=1)),
        Prefix.WORKSPACE: ids.encode_workspace(WorkspaceRef(connection_id=nobody, workspace_id=WorkspaceId("w1"))),
    }
    return {prefix: special.get(prefix) or ids.encode(prefix, nobody) for prefix in Prefix}


@pytest.fixture
async def stranger(world: World) -> Holder:
    """Another account, with a connection and snapshots of its own."""
    holder = await world.account("Other")
    await world.connect(holder)
    await world.two_snapshots(holder)
    return holder


async def test_foreign_ids_answer_as_missing_ones(client: Client, world: World, acme: Holder, stranger: Holder):
    own, foreign, nobody = await ids_of(world, acme), await ids_of(world, stranger), missing()
    given = {"c": own[Prefix.CONNECTION], "s": own[Prefix.SNAPSHOT], "r": own[Prefix.RECORD]}
    for door, query in QUERIES.items():
        prefix = DOORS[door]
        assert prefix is not None
        used = {name: given[name] for name in given if f"${name}:" in query}
        theirs = (await client.post(query, used | {"x": foreign[prefix]})).json()
        nobodys = (await client.post(query, used | {"x": nobody[prefix]})).json()
        theirs["extensions"] = nobodys["extensions"] = None

        assert nobodys == theirs, door
        assert "INTERNAL" not in str(theirs), door


async def test_no_node_of_another_account_is_found(client: Client, world: World, acme: Holder, stranger: Holder):
    own, foreign = await ids_of(world, acme), await ids_of(world, stranger)
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    found = await client.ask(query, {"ids": list(own.values())})
    hidden = await client.ask(query, {"ids": list(foreign.values())})

    assert list(own.values()) == [node["id"] for node in found["nodes"]]
    assert [None] * len(foreign) == hidden["nodes"]


async def test_malformed_ids_are_as_missing_ones(client: Client):
    bad = ["", "x", "con_", "con_!", "con_AAAA", "rec_AAAA", "ver_" + "A" * 40, "zzz_AAAA", "con_" + "A" * 5000]
    found = await client.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": bad})

    assert [None] * len(bad) == found["nodes"]


async def test_cursor_of_another_account_is_refused(app: Starlette, client: Client, stranger: Holder):
    query = "query ($after: String) { connections(first: 1, after: $after) { pageInfo { endCursor } } }"
    async with client_of(app, stranger.token) as other:
        cursor = (await other.ask(query))["connections"]["pageInfo"]["endCursor"]

    assert ["BAD_INPUT"] == await client.codes(query, {"after": cursor})


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.VIEWER, Role.OPERATOR])
async def test_role_bounds_every_token(app: Starlette, acme: Holder, world: World, role: Role):
    token = await world.token(acme, role=role)
    read = "query ($r: ID!) { node(id: $r) { id } }"
    record = (await ids_of(world, acme))[Prefix.RECORD]
    async with client_of(app, token) as other:
        reading = await other.codes(read, {"r": record})
        renaming = await other.codes('mutation { accountUpdate(input: {name: "x"}) { account { name } } }')

    assert (["FORBIDDEN"] if role is Role.AUDITOR else []) == reading
    assert ["FORBIDDEN"] == renaming


async def test_lesser_role_counts_at_once(client: Client, acme: Holder, world: World):
    async with world.database.account(acme.account_id) as connection:
        await connection.execute("update members set role = 'auditor'")
        assert Role.AUDITOR is (await members.get(connection, acme.account_id, acme.owner.member_id)).role

    assert ["FORBIDDEN"] == await client.codes('{ node(id: "rec_AAAA") { id } }')


async def test_expired_token_is_refused(app: Starlette, acme: Holder, world: World):
    from datetime import UTC, datetime

    token = await world.token(acme, expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    async with client_of(app, token) as other:
        assert 401 == (await other.post("{ __typename }")).status_code

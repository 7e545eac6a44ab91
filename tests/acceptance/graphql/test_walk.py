"""Walk from the account to a record's history, and between two snapshots."""

from typing import Any

from tests.api_fixtures import Client
from tests.api_world import Holder


async def connection_id(client: Client) -> str:
    return (await client.ask("{ connections(first: 1) { nodes { id } } }"))["connections"]["nodes"][0]["id"]


async def record_id(client: Client, external_id: str, **variables: Any) -> str:
    query = """query ($c: ID!, $deleted: Boolean!) { records(connectionId: $c, first: 100, deleted: $deleted)
        { nodes { id externalId } } }"""
    found = await client.ask(query, {"c": await connection_id(client), "deleted": False} | variables)
    return {node["externalId"]: node["id"] for node in found["records"]["nodes"]}[external_id]


async def test_viewer_and_account(client: Client):
    found = await client.ask("{ viewer { member { name role } token { name } } account { name timeZone } }")

    assert {"name": "Acme", "timeZone": "Europe/Berlin"} == found["account"]
    assert {"member": {"name": "Grace", "role": "OWNER"}, "token": {"name": "test"}} == found["viewer"]


async def test_apps_say_what_is_kept_and_why_not(client: Client):
    found = await client.ask(
        "{ apps { name kinds { name backedUp restorable whyNot } authMethods { name isOauth2 fields { name secret } }"
        " notReachable } }"
    )

    (app,) = found["apps"]
    assert {"name": "list", "backedUp": True, "restorable": False, "whyNot": "Lists cannot be made again."} in app[
        "kinds"
    ]
    assert ["key_token", "own_server", "oauth2"] == [method["name"] for method in app["authMethods"]]
    assert ["What was deleted before the first backup."] == app["notReachable"]


async def test_connection_shows_grants_and_workspaces(client: Client):
    found = await client.ask(
        "{ connections(first: 5) { totalCount nodes { name status app { title } grants { name subject status }"
        " workspaces(first: 5) { totalCount nodes { name externalId inScope } } latestSnapshot { sequence } } } }"
    )

    assert 1 == found["connections"]["totalCount"]
    (node,) = found["connections"]["nodes"]
    assert {"title": "Desk"} == node["app"]
    assert [{"name": "Ada Example", "subject": "ada", "status": "WORKING"}] == node["grants"]
    assert [("Roadmap", True), ("Archive", False)] == [
        (workspace["name"], workspace["inScope"]) for workspace in node["workspaces"]["nodes"]
    ]
    assert {"sequence": "2"} == node["latestSnapshot"]


async def test_tree_is_walked_from_its_roots(client: Client):
    query = """query ($c: ID!) { records(connectionId: $c, roots: true, first: 5) { nodes { kind title
        children(first: 5) { nodes { title children(first: 5) { nodes { title parent { title } } } } } } } }"""
    found = await client.ask(query, {"c": await connection_id(client)})

    (board,) = found["records"]["nodes"]
    assert "Roadmap" == board["title"]
    lists = {
        node["title"]: [child["title"] for child in node["children"]["nodes"]] for node in board["children"]["nodes"]
    }
    assert {"List 1": ["Write it"], "List 2": ["Leave me", "New", "Move me"]} == lists
    assert {"title": "List 2"} == board["children"]["nodes"][1]["children"]["nodes"][0]["parent"]


async def test_records_as_of_a_time_and_a_snapshot(client: Client):
    connection = await connection_id(client)
    snapshots = await client.ask(
        "query ($c: ID!) { snapshots(connectionId: $c, last: 1) { nodes { id } } }", {"c": connection}
    )
    first = snapshots["snapshots"]["nodes"][0]["id"]
    query = """query ($c: ID!, $time: DateTime, $snapshot: ID) { records(connectionId: $c, kinds: ["card"],
        asOf: $time, snapshotId: $snapshot, first: 10) { totalCount nodes { title deleted } } }"""
    by_time = await client.ask(query, {"c": connection, "time": "2026-04-01T23:00:00+02:00"})
    by_snapshot = await client.ask(query, {"c": connection, "snapshot": first})
    too_early = await client.ask(query, {"c": connection, "time": "2020-01-01T00:00:00Z"})

    assert ["Write", "Move me", "Drop me", "Leave me"] == [node["title"] for node in by_time["records"]["nodes"]]
    assert by_time == by_snapshot
    assert {"totalCount": 0, "nodes": []} == too_early["records"]


async def test_deleted_records_are_listed_and_shown_as_they_last_were(client: Client):
    query = """query ($c: ID!) { records(connectionId: $c, deleted: true, first: 10) { nodes { id title deleted
        version { deleted endedIn { sequence } } parent { title } } } }"""
    found = await client.ask(query, {"c": await connection_id(client)})

    (node,) = found["records"]["nodes"]
    assert ("Drop me", True, {"title": "List 2"}) == (node["title"], node["deleted"], node["parent"])
    assert {"deleted": True, "endedIn": {"sequence": "2"}} == node["version"]
    again = await client.ask("query ($id: ID!) { record(id: $id) { title deleted } }", {"id": node["id"]})
    assert {"title": "Drop me", "deleted": True} == again["record"]


async def test_history_with_field_level_differences(client: Client):
    query = """query ($id: ID!) { record(id: $id) { versions(first: 10) { totalCount nodes { change changedBy changedAt
        content snapshot { sequence } previous { content } changes { path kind oldValue newValue } } } } }"""
    found = await client.ask(query, {"id": await record_id(client, "c1")})

    versions = found["record"]["versions"]
    assert 2 == versions["totalCount"]
    newest, oldest = versions["nodes"]
    assert ("EDITED", "m2", "2026-04-01T18:00:00Z") == (newest["change"], newest["changedBy"], newest["changedAt"])
    assert ("ADDED", "m1", []) == (oldest["change"], oldest["changedBy"], oldest["changes"])
    assert {"id": "c1", "labels": ["red", "blue"], "name": "Write it"} == newest["content"]
    assert {"content": oldest["content"]} == newest["previous"]
    assert {"sequence": "2"} == newest["snapshot"]
    assert [
        {"path": "/labels/1", "kind": "ADDED", "oldValue": None, "newValue": "blue"},
        {"path": "/name", "kind": "CHANGED", "oldValue": "Write", "newValue": "Write it"},
        {"path": "/pos", "kind": "REMOVED", "oldValue": 1, "newValue": None},
    ] == newest["changes"]


async def test_snapshot_diff_tells_every_kind_of_change(client: Client):
    snapshots = await client.ask(
        "query ($c: ID!) { snapshots(connectionId: $c, first: 2) { nodes { id } } }",
        {"c": await connection_id(client)},
    )
    newer, older = (node["id"] for node in snapshots["snapshots"]["nodes"])
    query = """query ($a: ID!, $b: ID!, $after: String) { snapshotDiff(from: $a, to: $b, first: 3, after: $after) {
        pageInfo { hasNextPage endCursor } nodes { kind record { externalId title } changes { path }
        before { title } after { title } } } }"""
    first = (await client.ask(query, {"a": older, "b": newer}))["snapshotDiff"]
    rest = await client.ask(query, {"a": older, "b": newer, "after": first["pageInfo"]["endCursor"]})

    nodes = first["nodes"] + rest["snapshotDiff"]["nodes"]
    assert {"c1": "EDITED", "c2": "MOVED", "c3": "DELETED", "c5": "ADDED"} == {
        node["record"]["externalId"]: node["kind"] for node in nodes
    }
    assert ["/labels/1", "/name", "/pos"] == [change["path"] for change in nodes[0]["changes"]]
    (new,) = [node for node in nodes if node["kind"] == "ADDED"]
    assert (None, {"title": "New"}) == (new["before"], new["after"])
    assert not rest["snapshotDiff"]["pageInfo"]["hasNextPage"]


async def test_snapshot_shows_its_manifest(client: Client, acme: Holder):
    query = """{ connections(first: 1) { nodes { latestSnapshot { recordCount added edited moved deleted auditRoot
        objectsRoot treeRoot manifest warnings { code where } ledger { workspace read pages claimed { kind count } }
        previous { sequence } } } } }"""
    found = (await client.ask(query))["connections"]["nodes"][0]["latestSnapshot"]

    assert ("8", "1", "1", "1", "1") == tuple(
        found[name] for name in ("recordCount", "added", "edited", "moved", "deleted")
    )
    assert found["manifest"]["records"]["root"] == found["auditRoot"] == f"sha256:{acme.snapshots[1].audit_root.hex()}"
    assert found["manifest"]["tree"] == found["treeRoot"]
    assert [{"code": "FORBIDDEN", "where": "w2"}] == found["warnings"]
    assert [{"workspace": "w1", "read": "full", "pages": 2, "claimed": [{"kind": "card", "count": 3}]}] == found[
        "ledger"
    ]
    assert {"sequence": "1"} == found["previous"]


async def test_operations_lead_to_their_snapshots(client: Client):
    found = await client.ask(
        "{ operations(first: 5) { totalCount nodes { status connection { name } ... on BackupOperation"
        " { full retries { cause count } snapshot { sequence } } } } }"
    )

    assert 2 == found["operations"]["totalCount"]
    assert [("SUCCEEDED", {"sequence": "2"}), ("SUCCEEDED", {"sequence": "1"})] == [
        (node["status"], node["snapshot"]) for node in found["operations"]["nodes"]
    ]
    assert [{"cause": "lost the connection", "count": 2}, {"cause": "answered 503", "count": 1}] == found["operations"][
        "nodes"
    ][0]["retries"]

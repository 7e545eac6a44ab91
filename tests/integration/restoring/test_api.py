"""Restores over GraphQL: planned, read, started, refused when stale, paused; their reports downloaded."""

import asyncio
import csv
import io
import tarfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from api import ids
from api.app import create_app
from api.auth import Scope
from api.context import Services
from api.ids import Prefix, RecordRef, WorkspaceRef
from api.operation_feed import OperationFeed
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import cards
from store import members, tokens
from store.members import Role
from store.record import ExternalId, Kind, OperationId, WorkspaceId
from tests.api_fixtures import Client
from tests.integration.restoring.conftest import Bench
from workers import run

PLAN = """mutation ($input: RestorePlanInput!) { restorePlan(input: $input) {
    operation { id status } userErrors { field code message } } }"""
START = """mutation ($input: RestoreStartInput!) { restoreStart(input: $input) {
    operation { id status paused } changed { kind externalId } userErrors { field code message } } }"""
PAUSE = """mutation ($input: RestorePauseInput!) { restorePause(input: $input) {
    operation { paused } userErrors { code } } }"""
RESUME = """mutation ($input: RestoreResumeInput!) { restoreResume(input: $input) {
    operation { paused } userErrors { code } } }"""
READ_PLAN = """query ($id: ID!) { node(id: $id) { ... on RestorePlanOperation { status failure { code message }
    plan { digest mode sequence records calls seconds counts { kind action records } stale { kind }
        steps(first: 100, actions: [CREATE, UPDATE, UNARCHIVE]) { pageInfo { endCursor hasNextPage }
            nodes { ordinal action recordId kind fields lost { field reason } calls needs } } } } } }"""
READ_MORE = """query ($id: ID!, $after: String) { node(id: $id) { ... on RestorePlanOperation {
    plan { steps(first: 50, after: $after) { pageInfo { endCursor hasNextPage } nodes { ordinal } } } } } }"""
READ_RESTORE = """query ($id: ID!) { node(id: $id) { ... on RestoreOperation { status paused plan { digest }
    report { equal lost wrong failed cannot extra equalFields jsonUrl csvUrl } workspaces { externalId targetId }
    findings(first: 100, results: [LOST]) { nodes { kind targetId result lost { field reason } wrong } } } } }"""


@dataclass
class Api:
    """A client, and the work that its mutations wake."""

    bench: Bench
    client: Client
    working: list[asyncio.Task[None]] = field(default_factory=list)

    async def finished(self) -> None:
        await asyncio.gather(*self.working)
        self.working.clear()

    @property
    def connection_id(self) -> str:
        return ids.encode(Prefix.CONNECTION, self.bench.connected.connection_id)

    def workspace(self, workspace_id: str) -> str:
        ref = WorkspaceRef(connection_id=self.bench.connected.connection_id, workspace_id=WorkspaceId(workspace_id))
        return ids.encode_workspace(ref)

    def record(self, kind: str, external_id: str) -> str:
        ref = RecordRef(
            connection_id=self.bench.connected.connection_id, kind=Kind(kind), external_id=ExternalId(external_id)
        )
        return ids.encode_record(ref)

    async def plan(self, *, key: str = "plan", **given: Any) -> dict[str, Any]:
        """Plan, and read the plan."""
        asked = {"connectionId": self.connection_id, "idempotencyKey": key, **given}
        payload = (await self.client.ask(PLAN, {"input": asked}))["restorePlan"]
        assert [] == payload["userErrors"], payload
        await self.finished()
        found = (await self.client.ask(READ_PLAN, {"id": payload["operation"]["id"]}))["node"]
        assert "SUCCEEDED" == found["status"], found
        return {**found["plan"], "operation_id": payload["operation"]["id"]}

    async def refused(self, **given: Any) -> list[str]:
        asked = {"connectionId": self.connection_id, "idempotencyKey": "x", **given}
        payload = (await self.client.ask(PLAN, {"input": asked}))["restorePlan"]
        return [error["code"] for error in payload["userErrors"]]

    async def start(self, digest: str, key: str = "start") -> dict[str, Any]:
        return (await self.client.ask(START, {"input": {"digest": digest, "idempotencyKey": key}}))["restoreStart"]


@pytest.fixture
async def api(bench: Bench) -> AsyncIterator[Api]:
    made = Api(bench, None)  # type: ignore[arg-type]

    async def wake(operation_id: OperationId) -> None:
        made.working.append(asyncio.create_task(run.perform(bench.runtime, bench.queue, operation_id)))

    database = bench.runtime.database
    services = Services(
        database=database,
        repository=bench.runtime.repository,
        connectors={"trello": bench.runtime.connector("trello")},
        wake=wake,
        feed=OperationFeed(),
        public_url="http://holdfast.test",
    )
    async with database.account(bench.account_id) as connection:
        owner = await members.create(
            connection, account_id=bench.account_id, email="a@b.example", name="Ada", role=Role.OWNER
        )
        token, _ = await tokens.issue_token(
            connection,
            account_id=bench.account_id,
            member_id=owner.member_id,
            name="test",
            scopes=tuple(Scope),
            expires_at=None,
        )
    transport = httpx.ASGITransport(app=create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://holdfast.test") as http:
        made.client = Client(http=http, token=token)
        yield made
        await made.finished()


async def test_a_restore_from_its_plan_to_its_report(api: Api, bench: Bench):
    lost = bench.board
    bench.lose(lost)

    plan = await api.plan(workspaceIds=[api.workspace(lost)])
    started = await api.start(plan["digest"])
    again = await api.start(plan["digest"])
    await api.finished()
    done = (await api.client.ask(READ_RESTORE, {"id": started["operation"]["id"]}))["node"]

    assert ("COPY", "1") == (plan["mode"], str(plan["sequence"]))
    assert plan["records"] == sum(count["records"] for count in plan["counts"])
    assert [] == started["userErrors"]
    # The same key gives the same operation.
    assert started["operation"]["id"] == again["operation"]["id"]
    assert ("SUCCEEDED", plan["digest"]) == (done["status"], done["plan"]["digest"])
    report = done["report"]
    assert (0, 0, 0) == (report["wrong"], report["failed"], report["extra"])
    assert plan["records"] == report["equal"] + report["lost"] + report["cannot"]
    assert [lost] == [workspace["externalId"] for workspace in done["workspaces"]]
    card = next(found for found in done["findings"]["nodes"] if found["kind"] == "card")
    assert card["targetId"] in bench.world.cards
    assert {"field": "id", "reason": "the app gives every new record a new id"} in card["lost"]
    rows = (await api.client.http.get(report["jsonUrl"])).json()["records"]
    lines = list(csv.DictReader((await api.client.http.get(report["csvUrl"])).text.splitlines()))
    assert plan["records"] == len(rows) == len(lines)
    assert [row["id"] for row in rows] == [line["id"] for line in lines]


async def test_steps_come_in_pages_in_their_order(api: Api, bench: Bench):
    plan = await api.plan(workspaceIds=[api.workspace(bench.board)])
    ordinals, after = [], None
    while True:
        found = (await api.client.ask(READ_MORE, {"id": plan["operation_id"], "after": after}))["node"]["plan"]["steps"]
        ordinals += [step["ordinal"] for step in found["nodes"]]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break

    assert ordinals == sorted(set(ordinals))
    assert plan["records"] <= len(ordinals)


async def test_a_stale_plan_is_a_user_error_that_names_what_changed(api: Api, bench: Bench):
    card = bench.world.cards.of(bench.board)[0]
    with bench.sandbox.editing() as world:
        cards.update(world, Actor(member=bench.sandbox.owner), card, {"name": "wrong"})
    plan = await api.plan(recordIds=[api.record("card", card["id"])], mode="IN_PLACE")
    with bench.sandbox.editing() as world:
        cards.update(world, Actor(member=bench.sandbox.owner), card, {"name": "newer"})

    first = await api.start(plan["digest"])
    second = await api.start(plan["digest"], key="another")

    assert ["PLAN_STALE"] == [error["code"] for error in first["userErrors"]]
    assert card["id"] in first["userErrors"][0]["message"]
    assert [{"kind": "card", "externalId": card["id"]}] == first["changed"] == second["changed"]
    assert first["operation"] is None
    assert "newer" == card["name"]


async def test_a_restore_waits_and_goes_on(api: Api, bench: Bench, monkeypatch):
    lost = bench.board
    bench.lose(lost)
    plan = await api.plan(workspaceIds=[api.workspace(lost)])
    with monkeypatch.context() as patched:
        # Nobody works while it is paused before it begins.
        patched.setattr(run, "perform", _nothing)
        patched.setattr("api.mutations.restore._WAIT_SECONDS", 0)
        started = await api.start(plan["digest"])
    given = {"input": {"id": started["operation"]["id"]}}
    paused = (await api.client.ask(PAUSE, given))["restorePause"]
    await run.perform(bench.runtime, bench.queue, OperationId(ids.decode(started["operation"]["id"], Prefix.OPERATION)))
    waiting = (await api.client.ask(READ_RESTORE, {"id": started["operation"]["id"]}))["node"]
    resumed = (await api.client.ask(RESUME, given))["restoreResume"]
    await api.finished()
    done = (await api.client.ask(READ_RESTORE, {"id": started["operation"]["id"]}))["node"]
    ended = (await api.client.ask(PAUSE, given))["restorePause"]

    assert (True, False) == (paused["operation"]["paused"], resumed["operation"]["paused"])
    assert ("QUEUED", True, None, None) == tuple(waiting[name] for name in ("status", "paused", "report", "findings"))
    assert "SUCCEEDED" == done["status"]
    assert ["ALREADY_FINISHED"] == [error["code"] for error in ended["userErrors"]]


async def _nothing(*_: Any) -> None:
    return None


async def test_bad_input_is_told_by_code(api: Api, bench: Bench):
    board = [api.workspace(bench.board)]

    assert ["NOTHING_ASKED"] == await api.refused()
    assert ["NOTHING_ASKED"] == await api.refused(workspaceIds=board, recordIds=[api.record("card", "x")])
    assert ["INVALID_ID"] == await api.refused(workspaceIds=["x"])
    assert ["INVALID_ID"] == await api.refused(recordIds=board)
    assert ["NOT_FOUND"] == await api.refused(workspaceIds=board, intoWorkspaceId=api.workspace("nowhere"))
    assert ["NOT_FOUND"] == await api.refused(workspaceIds=board, asOf="2001-01-01T00:00:00Z")
    assert ["INVALID_ID"] == await api.refused(failedOf=api.connection_id)
    assert ["INVALID_KEY"] == await api.refused(workspaceIds=board, idempotencyKey="")
    assert ["PLAN_NOT_FOUND"] == [error["code"] for error in (await api.start("00" * 32))["userErrors"]]
    assert ["PLAN_NOT_FOUND"] == [error["code"] for error in (await api.start("no digest"))["userErrors"]]
    pause = (await api.client.ask(PAUSE, {"input": {"id": "x"}}))["restorePause"]
    assert ["INVALID_ID"] == [error["code"] for error in pause["userErrors"]]


async def test_a_report_s_address_is_signed_and_ends(api: Api, bench: Bench):
    card = bench.world.cards.of(bench.board)[0]
    plan = await api.plan(recordIds=[api.record("card", card["id"])])
    started = await api.start(plan["digest"])
    await api.finished()
    url = (await api.client.ask(READ_RESTORE, {"id": started["operation"]["id"]}))["node"]["report"]["jsonUrl"]

    assert 200 == (await api.client.http.get(url)).status_code
    assert 403 == (await api.client.http.get(url.replace("/restore.json", "x/restore.json"))).status_code


DRILL = """mutation ($input: DrillStartInput!) { drillStart(input: $input) {
    operation { id into } userErrors { field code } } }"""
READ_DRILL = """query ($id: ID!) { node(id: $id) { ... on DrillOperation { status into statement
    report { equal wrong failed jsonUrl } } } }"""


async def test_a_drill_is_held_and_its_statement_read(api: Api):
    given = {"connectionId": api.connection_id, "idempotencyKey": "drill"}
    started = (await api.client.ask(DRILL, {"input": given}))["drillStart"]
    again = (await api.client.ask(DRILL, {"input": given}))["drillStart"]
    other = (await api.client.ask(DRILL, {"input": {**given, "into": "SCRATCH"}}))["drillStart"]
    bad = (await api.client.ask(DRILL, {"input": {**given, "connectionId": "x"}}))["drillStart"]
    await api.finished()
    done = (await api.client.ask(READ_DRILL, {"id": started["operation"]["id"]}))["node"]

    assert started["operation"]["id"] == again["operation"]["id"]
    assert ["IDEMPOTENCY_KEY_REUSED"] == [error["code"] for error in other["userErrors"]]
    assert ["INVALID_ID"] == [error["code"] for error in bad["userErrors"]]
    assert ("SUCCEEDED", "MEMORY", 0, 0) == (
        done["status"],
        done["into"],
        done["report"]["wrong"],
        done["report"]["failed"],
    )
    assert done["statement"].startswith("holdfast drill v1\n")


EXPORT = """mutation ($input: ExportStartInput!) { exportStart(input: $input) {
    operation { id url } userErrors { field code } } }"""
READ_EXPORT = """query ($id: ID!) { node(id: $id) { ... on ExportOperation { status sizeBytes memberCount url } } }"""


async def test_an_export_is_downloaded_whole_or_from_any_byte_on(api: Api, bench: Bench):
    given = {"connectionId": api.connection_id, "workspaceIds": [api.workspace(bench.board)], "idempotencyKey": "e"}
    started = (await api.client.ask(EXPORT, {"input": given}))["exportStart"]
    both = {**given, "recordIds": [api.record("card", "x")], "idempotencyKey": "f"}
    refused = (await api.client.ask(EXPORT, {"input": both}))["exportStart"]
    await api.finished()
    done = (await api.client.ask(READ_EXPORT, {"id": started["operation"]["id"]}))["node"]
    http, url = api.client.http, done["url"]
    whole = await http.get(url)
    size = int(done["sizeBytes"])
    tail = await http.get(url, headers={"range": f"bytes={size // 2}-", "if-range": whole.headers["etag"]})
    other = await http.get(url, headers={"range": "bytes=5-9", "if-range": '"another"'})
    beyond = await http.get(url, headers={"range": f"bytes={size}-"})

    assert started["operation"]["url"] is None
    assert ["TOO_MUCH_ASKED"] == [error["code"] for error in refused["userErrors"]]
    assert (200, size, str(size)) == (whole.status_code, len(whole.content), whole.headers["content-length"])
    assert (206, whole.content[size // 2 :]) == (tail.status_code, tail.content)
    assert f"bytes {size // 2}-{size - 1}/{size}" == tail.headers["content-range"]
    assert (200, size) == (other.status_code, len(other.content))
    assert (416, f"bytes */{size}") == (beyond.status_code, beyond.headers["content-range"])
    assert 403 == (await http.get(url.replace("/export.tar", "x/export.tar"))).status_code
    with tarfile.open(fileobj=io.BytesIO(whole.content)) as archive:
        assert done["memberCount"] == len(archive.getnames())

"""The calendar over GraphQL: each day's outcome, counts and warnings, in the account's time zone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store import operations
from store.operations import OperationKind
from store.record import OperationId
from tests.acceptance.graphql.test_walk import connection_id
from tests.api_fixtures import Client, Clock
from tests.api_world import START, Holder, World

CALENDAR = """query ($c: ID!, $from: Date, $to: Date) { connection(id: $c) { calendar(from: $from, to: $to) {
    date outcome succeeded failed warningCount recordCount added edited deleted
    lastBackup { status failure { code } warnings { code } } } } }"""


async def calendar(client: Client, **given: Any) -> list[dict[str, Any]]:
    variables = {"c": await connection_id(client)} | given
    return (await client.ask(CALENDAR, variables))["connection"]["calendar"]


@pytest.fixture
async def operation(world: World, acme: Holder):
    """Makes a backup that was asked for at a moment and ended in a way."""

    async def make(created_at: datetime, **columns: Any) -> OperationId:
        async with world.database.account(acme.account_id) as connection:
            row = await operations.create(
                connection,
                account_id=acme.account_id,
                kind=OperationKind.BACKUP,
                connection_id=acme.connected.connection_id,
                arguments={},
                created_by=None,
            )
            for column, value in {"created_at": created_at, "status": "succeeded", **columns}.items():
                await connection.execute(
                    f"update operations set {column} = $2 where operation_id = $1", row.operation_id, value
                )
        return row.operation_id

    return make


async def test_days_are_told_one_by_one(client: Client, world: World, acme: Holder, clock: Clock, operation):
    clock.now = START + timedelta(days=10)
    async with world.database.system() as connection:
        await connection.execute("update connections set created_at = $1", START - timedelta(days=100))
        await connection.execute("delete from operations")
    # 23:30 in UTC is the next day in Berlin.
    await operation(datetime(2026, 4, 5, 23, 30, tzinfo=UTC))
    await operation(datetime(2026, 4, 7, 17, tzinfo=UTC), status="failed", error_code="GRANT_LOST")
    warned = await operation(
        datetime(2026, 4, 8, 17, tzinfo=UTC),
        warning_count=1,
        warnings=[{"code": "FORBIDDEN", "where": "board/1", "message": "no"}],
    )
    async with world.database.account(acme.account_id) as connection:
        await connection.execute(
            "update snapshots set operation_id = $1 where seq = 2 and connection_id = $2",
            warned,
            acme.connected.connection_id,
        )
    days = await calendar(client, **{"from": "2026-04-05", "to": "2026-04-09"})

    assert [
        ("2026-04-05", "MISSED", 0, 0, 0),
        ("2026-04-06", "SUCCEEDED", 1, 0, 0),
        ("2026-04-07", "FAILED", 0, 1, 0),
        ("2026-04-08", "WARNED", 1, 0, 1),
        ("2026-04-09", "MISSED", 0, 0, 0),
    ] == [(day["date"], day["outcome"], day["succeeded"], day["failed"], day["warningCount"]) for day in days]
    assert {"status": "FAILED", "failure": {"code": "GRANT_LOST"}, "warnings": []} == days[2]["lastBackup"]
    assert [{"code": "FORBIDDEN"}] == days[3]["lastBackup"]["warnings"]
    second = acme.snapshots[1]
    assert (str(second.record_count), str(second.added), str(second.edited), str(second.deleted)) == tuple(
        days[3][name] for name in ("recordCount", "added", "edited", "deleted")
    )
    assert days[0]["lastBackup"] is None


async def test_a_month_is_given_unless_told_otherwise(client: Client, clock: Clock):
    days = await calendar(client)

    assert 30 == len(days)
    assert clock.now.date().isoformat() == days[-1]["date"]
    assert "2026-04-20" == (await calendar(client, to="2026-04-20"))[-1]["date"]


async def test_days_out_of_reach_are_refused(client: Client):
    variables = {"c": await connection_id(client)}
    for wrong in (
        {"from": "2026-04-02", "to": "2026-04-01"},
        {"from": "2026-01-01", "to": "2026-12-31"},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"from": "9999-12-30", "to": "9999-12-31"},
        {"from": "x"},
    ):
        assert ["BAD_INPUT"] == await client.codes(CALENDAR, variables | wrong), wrong

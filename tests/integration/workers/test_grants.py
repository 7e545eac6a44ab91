"""Grants: refreshed once, marked when lost, and standing in for each other."""

import asyncio

from store import connected_apps, grants
from store.connected_apps import ConnectionStatus
from store.grants import GrantStatus
from store.operations import OperationStatus
from tests.integration.workers.connecting import connect
from workers.grants import open_grants


async def rows(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        found = await grants.of_connections(connection, bench.account_id, [bench.connected.connection_id])
    return {row.subject: row for row in found[bench.connected.connection_id]}


async def status(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return (await connected_apps.get(connection, bench.account_id, bench.connected.connection_id)).status


async def add_grace(bench):
    await connect(
        bench.runtime,
        bench.account_id,
        app="fake",
        method="token",
        credentials={"token": "grace-1"},
        connection_id=bench.connected.connection_id,
    )


async def test_a_lost_grant_is_marked_and_the_backup_says_so(bench):
    bench.app.dead_tokens = {"ada-1"}
    operation = await bench.back_up()

    assert (operation.status, operation.error_code) == (OperationStatus.FAILED, "GRANT_LOST")
    assert GrantStatus.LOST is (await rows(bench))["ada"].status
    assert ConnectionStatus.NEEDS_ATTENTION is await status(bench)


async def test_another_grant_stands_in(bench):
    await add_grace(bench)
    bench.app.dead_tokens = {"ada-1"}
    operation = await bench.back_up()
    operation = await bench.perform(operation)

    assert OperationStatus.SUCCEEDED is operation.status
    assert {subject: row.status for subject, row in (await rows(bench)).items()} == {
        "ada": GrantStatus.LOST,
        "grace": GrantStatus.WORKING,
    }


async def test_who_authorises_again_is_taken_back(bench):
    bench.app.dead_tokens = {"ada-1"}
    await bench.back_up()
    await connect(
        bench.runtime,
        bench.account_id,
        app="fake",
        method="token",
        credentials={"token": "ada-2"},
        connection_id=bench.connected.connection_id,
    )

    assert ConnectionStatus.ACTIVE is await status(bench)
    assert OperationStatus.SUCCEEDED is (await bench.back_up()).status


async def test_many_workers_refresh_once_and_all_get_the_new_token(bench):
    bench.app.refreshed = {"ada-1": "ada-2"}
    keys = (await bench.runtime.repository(bench.account_id)).keys
    opened = await asyncio.gather(
        *(open_grants(bench.runtime.database, keys, bench.app, bench.connected) for _ in range(4))
    )

    assert bench.app.reads["refresh ada-1"] == 1
    assert [grant.credentials["token"] for (grant,) in opened] == ["ada-2"] * 4
    assert (await rows(bench))["ada"].expires_at is not None


async def test_a_token_that_ran_out_in_the_middle_is_refreshed_and_not_lost(bench):
    def run_out(board):
        if board == "board1" and not bench.app.reads["refresh ada-1"]:
            bench.app.refreshed = {"ada-1": "ada-2"}

    bench.app.before_board = run_out
    operation = await bench.perform(await bench.back_up())

    assert OperationStatus.SUCCEEDED is operation.status
    assert GrantStatus.WORKING is (await rows(bench))["ada"].status


async def test_credentials_are_never_shown(bench):
    keys = (await bench.runtime.repository(bench.account_id)).keys
    opened = await open_grants(bench.runtime.database, keys, bench.app, bench.connected)

    assert "ada-1" not in repr(opened)
    assert "ada-1" not in repr(await rows(bench))

"""Notice: everything that somebody may want to be told becomes an event, once, whoever looks and however often."""

import asyncio

import pytest

from store import connected_apps, events, operations
from store.connected_apps import ConnectionStatus
from store.operations import OperationKind
from workers.ids import Prefix, encode
from workers.notice import notice
from workers.queue import start_verification


async def told(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return await events.page(connection, bench.account_id, backwards=True, limit=100)


async def kinds(bench):
    return [event.kind for event in await told(bench)]


async def test_a_good_backup_is_no_event(bench):
    await bench.back_up()
    await notice(bench.runtime.database)

    assert [] == await kinds(bench)


async def test_a_failed_backup_and_the_trouble_that_it_shows_are_told_once(bench):
    bench.app.dead_tokens = {"ada-1"}
    operation = await bench.back_up()
    await asyncio.gather(*(notice(bench.runtime.database) for _ in range(4)))
    await notice(bench.runtime.database)

    failed, trouble = sorted(await told(bench), key=lambda event: event.kind)
    about = {"id": encode(Prefix.CONNECTION, bench.connected.connection_id), "name": "Fake", "app": "fake"}
    assert ("backup.failed", "connection.needs_attention") == (failed.kind, trouble.kind)
    assert {
        "connection": about,
        "operation": encode(Prefix.OPERATION, operation.operation_id),
        "failure": {"code": "GRANT_LOST", "message": operation.error_message},
    } == failed.data
    assert {"connection": about, "reason": "the grant of member ada no longer works: its owner has to authorise again"}
    assert bench.connected.connection_id == failed.connection_id == trouble.connection_id


async def test_trouble_that_was_mended_and_comes_back_is_told_again(bench):
    async def becomes(status, reason=None):
        async with bench.runtime.database.account(bench.account_id) as connection:
            await connected_apps.set_status(connection, bench.account_id, bench.connected.connection_id, status, reason)
        await notice(bench.runtime.database)

    await becomes(ConnectionStatus.NEEDS_ATTENTION, "the grant was lost")
    await becomes(ConnectionStatus.NEEDS_ATTENTION, "the grant was lost")
    await becomes(ConnectionStatus.NEEDS_ATTENTION, "both grants were lost")
    await becomes(ConnectionStatus.ACTIVE)
    await becomes(ConnectionStatus.NEEDS_ATTENTION, "both grants were lost")

    assert ["the grant was lost", "both grants were lost", "both grants were lost"] == [
        event.data["reason"] for event in await told(bench)
    ]


async def test_drift_is_told_by_kind_and_count(bench):
    await bench.back_up()
    bench.app.silent = {"board0"}
    bench.app.boards["board0"]["card00"] = {"name": "changed in silence"}
    await bench.back_up()
    await notice(bench.runtime.database)

    (event,) = await told(bench)
    assert ("backup.drift", 2, {"card": {"edited": 1}}) == (event.kind, event.data["sequence"], event.data["drift"])
    assert "silence" not in str(event.data)


async def test_a_mass_deletion_is_told_with_its_numbers(bench):
    board = bench.app.boards["board0"] = {f"many{number:03}": {"name": "one of many"} for number in range(200)}
    await bench.back_up()
    board.clear()
    operation = await bench.back_up()
    await notice(bench.runtime.database)

    (event,) = await told(bench)
    assert ("backup.mass_deletion", operation.result["mass"][0]) == (event.kind, event.data["mass"])


@pytest.mark.parametrize("is_broken", [True, False])
async def test_a_verification_is_told_if_it_finds_something(bench, is_broken):
    await bench.back_up()
    if is_broken:
        backend = bench.runtime.backend
        backend.replace(next(iter(backend.list("packs/"))), b"not a pack")
    async with bench.runtime.database.account(bench.account_id) as connection:
        operation = await start_verification(connection, account_id=bench.account_id, depth="structure")
    operation = await bench.perform(operation)
    await notice(bench.runtime.database)

    found = [(event.kind, event.data["faults"], event.data["first"]) for event in await told(bench)]
    expected = [("verification.fault", operation.warning_count, operation.warnings[:10])] if is_broken else []
    assert is_broken == bool(operation.warning_count)
    assert expected == found


async def test_a_verification_that_cannot_end_is_told_too_and_a_cancelled_backup_is_not(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        for kind, status in ((OperationKind.VERIFICATION, "failed"), (OperationKind.BACKUP, "cancelled")):
            row = await operations.create(
                connection,
                account_id=bench.account_id,
                kind=kind,
                connection_id=bench.connected.connection_id if kind is OperationKind.BACKUP else None,
                arguments={"depth": "content"},
                created_by=None,
            )
            await connection.execute(
                "update operations set status = $2, error_code = 'INTERNAL', finished_at = now() "
                "where operation_id = $1",
                row.operation_id,
                status,
            )
    await notice(bench.runtime.database)

    (event,) = await told(bench)
    assert ("verification.fault", "INTERNAL", "content") == (
        event.kind,
        event.data["failure"]["code"],
        event.data["depth"],
    )


async def test_what_happened_long_ago_is_forgotten(bench):
    bench.app.dead_tokens = {"ada-1"}
    await bench.back_up()
    await notice(bench.runtime.database)
    async with bench.runtime.database.system() as connection:
        await connection.execute("update events set occurred_at = now() - interval '91 days' where kind like 'backup%'")
        await events.forget_old(connection, 90)

    assert ["connection.needs_attention"] == await kinds(bench)

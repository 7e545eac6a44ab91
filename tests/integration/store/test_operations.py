"""Operations in Postgres: created once, claimed once, and never lost."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from store import accounts, connected_apps, operations
from store.database import Database
from store.errors import Conflict, NotFound
from store.operations import WARNINGS_KEPT, OperationKind, OperationStatus
from store.record import AccountId, OperationId

MINUTE = timedelta(minutes=1)
PAST = timedelta(seconds=-1)
"""A lease that has passed as soon as it is given."""


@pytest.fixture
async def connected(database):
    async with database.system() as connection:
        account = await accounts.create(connection, name="Acme")
        return await connected_apps.create(connection, account_id=account.account_id, app="trello", name="Boards")


async def queued(database, connected):
    async with database.account(connected.account_id) as connection:
        return await operations.create(
            connection,
            account_id=connected.account_id,
            kind=OperationKind.BACKUP,
            connection_id=connected.connection_id,
            arguments={"full": True},
            created_by=None,
        )


async def claimed(database, operation, owner="one", lease=MINUTE):
    async with database.system() as connection:
        return await operations.claim(connection, operation.operation_id, owner=owner, lease=lease)


async def read(database, operation):
    async with database.account(operation.account_id) as connection:
        return await operations.get(connection, operation.account_id, operation.operation_id)


async def test_a_new_operation_is_queued(database, connected):
    operation = await queued(database, connected)

    assert OperationStatus.QUEUED is operation.status
    assert operation == await read(database, operation)
    assert operation.arguments == {"full": True}


async def test_a_connection_has_one_backup_at_a_time(database, connected):
    first = await queued(database, connected)
    async with database.account(connected.account_id) as connection:
        with pytest.raises(Conflict):
            await operations.create(
                connection,
                account_id=connected.account_id,
                kind=OperationKind.BACKUP,
                connection_id=connected.connection_id,
                arguments={},
                created_by=None,
            )
        # The transaction lives on: the caller can say which one is in the way.
        active = await operations.active_backup(connection, connected.account_id, connected.connection_id)

    assert first == active


async def test_of_many_workers_one_claims(database_url, database, connected):
    operation = await queued(database, connected)
    other = await Database.open(database_url, connections=4)
    try:
        results = await asyncio.gather(
            *(claimed(base, operation, owner=f"{number}") for number, base in enumerate([database, other] * 8))
        )
    finally:
        await other.close()

    assert sum(result is not None for result in results) == 1
    assert (await read(database, operation)).attempt == 1


async def test_an_operation_whose_lease_passed_is_claimed_again(database, connected):
    operation = await queued(database, connected)
    await claimed(database, operation, owner="dead", lease=PAST)

    taken = await claimed(database, operation, owner="next")

    assert taken is not None
    assert (taken.lease_owner, taken.attempt) == ("next", 2)


async def test_who_lost_the_lease_changes_nothing(database, connected):
    operation = await queued(database, connected)
    await claimed(database, operation, owner="slow", lease=PAST)
    await claimed(database, operation, owner="next")
    before = await read(database, operation)
    key = operation.operation_id
    async with database.account(operation.account_id) as connection:
        told = [
            await operations.heartbeat(connection, key, owner="slow", lease=MINUTE),
            await operations.report(connection, key, owner="slow", progress={"done": 1}),
            await operations.succeed(connection, key, owner="slow", result={}),
            await operations.fail(connection, key, owner="slow", code="X", message=""),
            await operations.cancel(connection, key, owner="slow"),
            await operations.release(connection, key, owner="slow", after=timedelta(0)),
        ]

    assert told == [None] * 6
    assert before == await read(database, operation)


async def test_warnings_are_capped_and_all_are_counted(database, connected):
    operation = await queued(database, connected)
    await claimed(database, operation)
    warnings = [{"code": "CAP_MET", "where": f"{number}", "message": "met"} for number in range(WARNINGS_KEPT + 5)]
    async with database.account(operation.account_id) as connection:
        await operations.report(connection, operation.operation_id, owner="one", progress={}, warnings=warnings)
    row = await read(database, operation)

    assert warnings[:WARNINGS_KEPT] == row.warnings
    assert row.warning_count == WARNINGS_KEPT + 5


async def test_a_finished_operation_is_final(database, connected):
    operation = await queued(database, connected)
    await claimed(database, operation)
    async with database.account(operation.account_id) as connection:
        done = await operations.succeed(connection, operation.operation_id, owner="one", result={"snapshot": 1})
        asked = await operations.request_cancel(connection, operation.account_id, operation.operation_id)

    assert done is not None
    assert done == asked
    assert await claimed(database, operation) is None
    assert await queued(database, connected)


async def test_work_that_never_started_is_cancelled_at_once(database, connected):
    operation = await queued(database, connected)
    async with database.account(operation.account_id) as connection:
        asked = await operations.request_cancel(connection, operation.account_id, operation.operation_id)

    assert OperationStatus.CANCELLED is asked.status
    assert asked.finished_at is not None


async def test_work_that_waits_for_another_attempt_is_cancelled_by_a_worker(database, connected):
    operation = await queued(database, connected)
    await claimed(database, operation)
    async with database.account(operation.account_id) as connection:
        await operations.release(connection, operation.operation_id, owner="one", after=MINUTE, code="X", message="")
        asked = await operations.request_cancel(connection, operation.account_id, operation.operation_id)
    again = await claimed(database, operation)

    assert OperationStatus.QUEUED is asked.status
    assert again is not None
    assert again.cancel_requested


async def test_running_work_is_told_at_its_next_heartbeat(database, connected):
    operation = await queued(database, connected)
    await claimed(database, operation)
    async with database.account(operation.account_id) as connection:
        asked = await operations.request_cancel(connection, operation.account_id, operation.operation_id)
        beat = await operations.heartbeat(connection, operation.operation_id, owner="one", lease=MINUTE)

    assert OperationStatus.RUNNING is asked.status
    assert beat is not None
    assert beat.cancel_requested


async def test_released_work_waits_its_time(database, connected):
    operation = await queued(database, connected)
    await claimed(database, operation)
    async with database.account(operation.account_id) as connection:
        await operations.release(
            connection, operation.operation_id, owner="one", after=MINUTE, code="APP_UNAVAILABLE", message="503"
        )
    waiting = await read(database, operation)

    assert (waiting.status, waiting.attempt, waiting.error_code) == (OperationStatus.QUEUED, 1, "APP_UNAVAILABLE")
    assert await claimed(database, operation) is None


async def test_an_advance_starts_the_count_of_attempts_again(database, connected):
    operation = await queued(database, connected)
    for owner in ("one", "two", "three"):
        await claimed(database, operation, owner=owner, lease=PAST)
    async with database.account(operation.account_id) as connection:
        row = await operations.report(
            connection, operation.operation_id, owner="three", progress={"done": 4}, advanced=True
        )

    assert row is not None
    assert row.attempt == 1


async def test_due_are_the_waiting_and_the_abandoned(database, connected):
    operation = await queued(database, connected)

    async def due(idle):
        async with database.system() as connection:
            return await operations.due(connection, idle=idle)

    assert await due(MINUTE) == []
    assert [operation.operation_id] == await due(timedelta(0))
    await claimed(database, operation)
    assert await due(timedelta(0)) == []
    async with database.system() as connection:
        await operations.expire_leases(connection)
    assert [operation.operation_id] == await due(MINUTE)


async def test_what_waits_for_another_attempt_can_be_hastened(database, connected):
    operation = await queued(database, connected)
    await claimed(database, operation)
    async with database.account(operation.account_id) as connection:
        await operations.release(connection, operation.operation_id, owner="one", after=MINUTE, code="X", message="")
        await operations.hasten(connection, operation.account_id, operation.operation_id)

    assert await claimed(database, operation) is not None


async def test_an_operation_of_a_later_kind_is_left_to_later_workers(database, connected):
    operation = await queued(database, connected)
    async with database.system() as connection:
        taken = await operations.claim(
            connection, operation.operation_id, owner="old", lease=MINUTE, kinds=["verification"]
        )

    assert taken is None


async def test_a_new_one_may_have_a_shorter_wait(database, connected):
    new = await queued(database, connected)

    async def due():
        async with database.system() as connection:
            return await operations.due(connection, idle=MINUTE, new_idle=timedelta(0))

    assert [new.operation_id] == await due()
    assert [] == await due()


async def test_every_change_is_announced(database, connected):
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with database.pool.acquire() as listener:

        def hear(*event):
            heard.put_nowait(event[3])

        await listener.add_listener(operations.CHANNEL, hear)
        operation = await queued(database, connected)
        await claimed(database, operation)
        async with database.account(operation.account_id) as connection:
            await operations.report(connection, operation.operation_id, owner="one", progress={"done": 1})
        async with database.account(operation.account_id) as connection:
            await operations.succeed(connection, operation.operation_id, owner="one", result={})
        told = [await asyncio.wait_for(heard.get(), 30) for _ in range(4)]
        await listener.remove_listener(operations.CHANNEL, hear)

    assert [str(operation.operation_id)] * 4 == told


async def test_an_account_sees_its_own(database, connected):
    operation = await queued(database, connected)
    other = AccountId(uuid4())
    async with database.account(other) as connection:
        with pytest.raises(NotFound):
            await operations.get(connection, other, operation.operation_id)
        with pytest.raises(NotFound):
            await operations.request_cancel(connection, other, operation.operation_id)
        assert await operations.some(connection, connected.account_id, [operation.operation_id]) == {}


async def test_pages_go_both_ways(database, connected):
    made = []
    for _ in range(5):
        operation = await queued(database, connected)
        made.append(operation.operation_id)
        async with database.account(connected.account_id) as connection:
            await operations.request_cancel(connection, connected.account_id, operation.operation_id)
    async with database.account(connected.account_id) as connection:
        first = await operations.page(connection, connected.account_id, limit=2)
        beyond = (first[-1].created_at, first[-1].operation_id)
        rest = await operations.page(connection, connected.account_id, beyond=beyond, limit=10)
        back = await operations.page(connection, connected.account_id, beyond=beyond, backwards=True, limit=10)
        counted = await operations.count(connection, connected.account_id, limit=3)

    newest_first: list[OperationId] = made[::-1]
    assert newest_first == [row.operation_id for row in first + rest]
    assert newest_first[:1] == [row.operation_id for row in back]
    assert counted == 3

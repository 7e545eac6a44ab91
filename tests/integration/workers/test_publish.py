"""A backup is complete once a checkpoint covers it, and not before; what one worker could not publish, another does."""

import pytest

from store import log, prove, snapshots
from store.errors import Corrupt, Unavailable
from store.log import Log
from store.operations import OperationStatus
from workers.publish import publish_left


@pytest.fixture
def refused(monkeypatch):
    """No log can be published until this is emptied; it holds the error that says why."""
    said = [Unavailable("the bucket does not answer")]
    published = Log.publish

    async def refuse(held):
        if said:
            raise said[0]
        return await published(held)

    monkeypatch.setattr(Log, "publish", refuse)
    return said


async def latest(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return await snapshots.latest(connection, bench.connected.connection_id)


async def proof(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return await log.snapshot_proof(connection, bench.account_id, (await latest(bench)).snapshot_id)


async def test_a_backup_is_complete_only_once_a_checkpoint_covers_it(bench, app, refused):
    waiting = await bench.back_up()
    made = await latest(bench)

    assert (OperationStatus.QUEUED, "STORE_UNAVAILABLE") == (waiting.status, waiting.error_code)
    assert "snapshot 1 is made, and complete once a checkpoint covers it" in waiting.error_message
    assert "waiting for a checkpoint" == waiting.progress["note"]
    assert (1, None) == (made.seq, await proof(bench))

    refused.clear()
    await bench.hasten()
    done = await bench.perform(waiting)

    assert OperationStatus.SUCCEEDED is done.status
    assert str(made.snapshot_id) == done.result["snapshot_id"]
    assert await proof(bench)
    assert {1} == set(app.reads.values()), "nothing was read twice"


async def test_waiting_for_a_checkpoint_is_no_failed_attempt(bench, refused):
    operation = await bench.start()
    for _ in range(10):
        await bench.hasten()
        waiting = await bench.perform(operation)

        assert OperationStatus.QUEUED is waiting.status
    refused.clear()
    await bench.hasten()

    assert OperationStatus.SUCCEEDED is (await bench.perform(operation)).status


async def test_what_the_signer_refuses_ends_a_backup_at_once(bench, refused):
    refused[:] = [Corrupt("the log must not be signed")]
    failed = await bench.back_up()

    assert (OperationStatus.FAILED, "STORE_CORRUPT") == (failed.status, failed.error_code)


async def test_a_backup_whose_snapshot_is_made_is_finished_rather_than_cancelled(bench, refused):
    waiting = await bench.back_up()
    refused.clear()
    async with bench.runtime.database.account(bench.account_id) as connection:
        await connection.execute("update operations set cancel_requested = true")
    await bench.hasten()

    assert OperationStatus.SUCCEEDED is (await bench.perform(waiting)).status


async def test_a_bucket_that_fails_between_commit_and_checkpoint_delays_the_backup(bench, monkeypatch):
    replaced = type(bench.runtime.backend).replace
    fails = iter([True, True, False])

    def replace(backend, key, data):
        if next(fails):
            raise Unavailable(f"cannot replace {key}")
        replaced(backend, key, data)

    monkeypatch.setattr(type(bench.runtime.backend), "replace", replace)
    operation = await bench.start()
    seen = []
    for _ in range(3):
        await bench.hasten()
        seen.append((await bench.perform(operation)).status)

    assert [OperationStatus.QUEUED, OperationStatus.QUEUED, OperationStatus.SUCCEEDED] == seen


async def test_what_was_left_unsigned_is_published(bench, refused, caplog):
    await bench.back_up()

    assert [] == await publish_left(bench.runtime)
    assert "tried again" in caplog.text

    refused.clear()

    assert [bench.account_id] == await publish_left(bench.runtime)
    assert [] == await log.unpublished(bench.runtime.database)
    assert await prove.prove_statement(await bench.runtime.repository(bench.account_id), await latest(bench))

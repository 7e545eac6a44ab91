"""A backup, from an app to a snapshot: whole, resumed, cancelled, and never less than it says."""

import asyncio
from datetime import timedelta

from connectors.errors import Retriable
from store import operations, workspaces
from store.operations import OperationStatus
from workers.lease import MOST_ATTEMPTS
from workers.sweep import sweep
from workers.turn import Turn


def cards(app):
    return {card: content for board in app.boards.values() for card, content in board.items()}


def without_files(held):
    return {key: content for key, content in held.items() if not key.startswith("file-")}


async def test_the_snapshot_equals_the_app(bench):
    operation = await bench.back_up()

    assert OperationStatus.SUCCEEDED is operation.status, operation
    held = await bench.held()
    assert cards(bench.app) == without_files(held)
    assert {"file-card00", "file-card11"} == held.keys() - cards(bench.app).keys()
    assert tuple(operation.progress[name] for name in ("done", "total", "records", "files")) == (3, 3, 15, 2)
    assert operation.result["records"] == 17


async def test_what_changed_is_counted(bench):
    await bench.back_up()
    bench.app.boards["board0"]["card00"] = {"name": "renamed"}
    bench.app.boards["board0"]["new"] = {"name": "new"}
    del bench.app.boards["board1"]["card12"]
    operation = await bench.back_up()

    assert tuple(operation.result[name] for name in ("added", "edited", "deleted")) == (1, 1, 1)
    assert cards(bench.app) == without_files(await bench.held())


async def test_a_file_is_fetched_again_only_when_its_revision_changed(bench):
    await bench.back_up()
    bench.app.files["card11"] = ("r2", b"c" * 5)
    await bench.back_up()

    assert (bench.app.reads["file card00"], bench.app.reads["file card11"]) == (1, 2)
    recipe = (await bench.held())["file-card11"]
    assert (recipe["revision"], recipe["bytes"]) == ("r2", 5)


async def test_a_file_that_cannot_be_read_is_a_warning_and_its_held_version_stays(bench):
    await bench.back_up()
    before = (await bench.held())["file-card11"]
    bench.app.files["card11"] = ("r2", b"c" * 5)
    bench.app.broken_files = {"card11"}
    operation = await bench.back_up()

    assert OperationStatus.SUCCEEDED is operation.status
    assert [("FILE_FAILED", "workspace/board1/file/file-card11")] == [
        (w["code"], w["where"]) for w in operation.warnings
    ]
    assert before == (await bench.held())["file-card11"]


async def test_warnings_reach_the_row_counted(bench):
    bench.app.warnings = 130
    operation = await bench.back_up()

    assert (operation.warning_count, len(operation.warnings)) == (130, 100)


async def test_a_passing_fault_is_tried_again_from_the_last_checkpoint(bench, monkeypatch):
    monkeypatch.setattr("store.cycle._SAVE_EVERY_SECONDS", 0)
    failing = [True]

    def fail_once(board):
        if board == "board2" and failing:
            failing.clear()
            raise Retriable("503", after_seconds=1)

    bench.app.before_board = fail_once
    operation = await bench.back_up()

    assert (operation.status, operation.error_code) == (OperationStatus.QUEUED, "APP_UNAVAILABLE")
    await bench.hasten()
    operation = await bench.perform(operation)
    assert OperationStatus.SUCCEEDED is operation.status
    assert {name: count for name, count in bench.app.reads.items() if name.startswith("board")} == {
        "board0": 1,
        "board1": 1,
        "board2": 1,
    }
    assert cards(bench.app) == without_files(await bench.held())


async def test_a_fault_that_does_not_pass_ends_the_operation(bench):
    def fail(board):
        raise Retriable("503", after_seconds=1)

    bench.app.before_board = fail
    operation = await bench.start()
    for _ in range(MOST_ATTEMPTS):
        await bench.hasten()
        operation = await bench.perform(operation)

    assert (operation.status, operation.error_code) == (OperationStatus.FAILED, "APP_UNAVAILABLE")
    assert await bench.held() == {}


async def test_a_limit_of_a_day_is_waited_for_and_not_tried_in_between(bench):
    def fail(board):
        raise Retriable("spent until midnight", after_seconds=40_000)

    bench.app.before_board = fail
    operation = await bench.back_up()

    async with bench.runtime.database.system() as connection:
        wait = await connection.fetchval(
            "select run_after - now() from operations where operation_id = $1", operation.operation_id
        )
    assert timedelta(seconds=39_000) < wait <= timedelta(seconds=40_000)


async def test_an_unexpected_fault_is_told_without_its_text(bench):
    def fail(board):
        raise RuntimeError("a secret")

    bench.app.before_board = fail
    operation = await bench.back_up()

    assert (operation.status, operation.error_code) == (OperationStatus.FAILED, "INTERNAL")
    assert "secret" not in operation.error_message


async def test_a_cancelled_backup_stops_at_the_next_item_and_commits_nothing(bench):
    operation = await bench.start()

    async def ask(board):
        if board == "board1":
            async with bench.runtime.database.account(bench.account_id) as connection:
                await operations.request_cancel(connection, bench.account_id, operation.operation_id)

    bench.app.before_board = ask
    # Its next word on the row tells it, long before a heartbeat would.
    ended = await bench.perform(operation)

    assert OperationStatus.CANCELLED is ended.status
    assert await bench.held() == {}
    async with bench.runtime.database.system() as connection:
        assert await connection.fetchval("select count(*) from staged") == 0


async def test_two_workers_claim_an_operation_once(bench):
    operation = await bench.start()
    await asyncio.gather(*(bench.perform(operation) for _ in range(5)))

    assert {name: count for name, count in bench.app.reads.items() if name.startswith("board")} == {
        "board0": 1,
        "board1": 1,
        "board2": 1,
    }


async def test_a_worker_that_died_after_the_commit_leaves_one_snapshot(bench):
    operation = await bench.back_up()
    async with bench.runtime.database.system() as connection:
        await connection.execute("update operations set status = 'running', result = null, finished_at = null")
    await bench.hasten()
    again = await bench.perform(operation)

    assert (OperationStatus.SUCCEEDED, operation.result) == (again.status, again.result)
    async with bench.runtime.database.account(bench.account_id) as connection:
        assert await connection.fetchval("select count(*) from snapshots") == 1


async def test_a_long_cycle_gives_others_their_turn(bench, monkeypatch):
    monkeypatch.setattr("workers.capture.Turn", lambda: Turn(0.0))
    operation = await bench.start()
    statuses = []
    for _ in range(4):
        operation = await bench.perform(operation)
        statuses.append(operation.status)

    assert statuses == [OperationStatus.QUEUED] * 3 + [OperationStatus.SUCCEEDED]
    assert {name: count for name, count in bench.app.reads.items() if name.startswith("board")} == {
        "board0": 1,
        "board1": 1,
        "board2": 1,
    }


async def test_the_sweeper_finds_a_lost_message(bench):
    operation = await bench.start()

    woken = await sweep(bench.runtime.database, bench.queue, idle=timedelta(0))

    assert [operation.operation_id] == woken


async def test_each_cycle_starts_where_the_last_ended(bench):
    await bench.back_up()
    await bench.back_up()
    await bench.perform(await bench.start(full=True))

    assert [job.state and job.state["cycles"] for job in bench.app.seen_jobs] == [{}, 1, 2]
    assert [job.full for job in bench.app.seen_jobs] == ["first", None, "asked"]


async def test_a_record_that_cannot_be_stored_is_a_warning_and_its_held_version_stays(bench):
    await bench.back_up()
    before = cards(bench.app)
    bench.app.boards["board1"] = {**bench.app.boards["board1"], "card11": {"name": float("nan")}}
    operation = await bench.back_up()

    assert OperationStatus.SUCCEEDED is operation.status
    assert [("BAD_RECORD", "board1/card/card11")] == [(each["code"], each["where"]) for each in operation.warnings]
    assert before == without_files(await bench.held())


async def test_a_workspace_that_is_not_shown_any_more_is_unreachable_and_its_records_stay(bench):
    await bench.back_up()
    before = cards(bench.app)
    del bench.app.boards["board2"]
    await bench.back_up()

    async with bench.runtime.database.account(bench.account_id) as connection:
        listed = await workspaces.page(connection, bench.account_id, bench.connected.connection_id, limit=10)
    keys = (await bench.runtime.repository(bench.account_id)).keys
    assert [("Board board0", True), ("Board board1", True), ("Board board2", False)] == [
        (workspace.name(keys), workspace.reachable) for workspace in listed
    ]
    # Not seeing is no proof of deletion.
    assert before == without_files(await bench.held())

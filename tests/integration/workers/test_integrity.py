"""Integrity: drift is told from ordinary change and healed, and counts are held against the app's own."""

import orjson

from store import snapshots
from store.operations import OperationStatus


async def ledger(bench):
    """The newest snapshot's ledger, by workspace."""
    async with bench.runtime.database.account(bench.account_id) as connection:
        latest = await snapshots.latest(connection, bench.connected.connection_id)
        manifest = orjson.loads(await snapshots.manifest(connection, latest.snapshot_id))
    return {entry["workspace_id"]: entry for entry in manifest["ledger"]}


async def test_what_nothing_told_of_is_drift_and_healed(bench):
    await bench.back_up()
    bench.app.silent = {"board0"}
    bench.app.boards["board0"]["card00"] = {"name": "changed in silence"}
    del bench.app.boards["board0"]["card03"]
    operation = await bench.back_up()

    assert OperationStatus.SUCCEEDED is operation.status
    assert [("DRIFT", "workspace/board0")] == [(each["code"], each["where"]) for each in operation.warnings]
    assert {"card": {"ids": ["card03", "card00"], "deleted": 1, "edited": 1}} == operation.result["drift"]
    assert [
        {"kind": "card", "change": "deleted", "records": 1, "ids": ["card03"]},
        {"kind": "card", "change": "edited", "records": 1, "ids": ["card00"]},
    ] == (await ledger(bench))["board0"]["drift"]
    held = await bench.held()
    assert "changed in silence" == held["card00"]["name"]
    assert "card03" not in held


async def test_an_ordinary_change_is_no_drift(bench):
    await bench.back_up()
    bench.app.silent = {"board0"}
    bench.app.boards["board1"]["card10"] = {"name": "changed aloud"}
    operation = await bench.back_up()

    assert {} == operation.result["drift"]
    assert [] == operation.warnings


async def test_what_came_from_a_board_that_changed_is_no_drift(bench):
    await bench.back_up()
    bench.app.silent = {"board0"}
    bench.app.boards["board0"]["card14"] = bench.app.boards["board1"].pop("card14")
    operation = await bench.back_up()

    assert (1, {}) == (operation.result["moved"], operation.result["drift"])


async def test_a_mass_deletion_is_in_the_result_with_its_numbers(bench):
    board = bench.app.boards["board0"] = {f"many{number:03}": {"name": "one of many"} for number in range(200)}
    first = await bench.back_up()
    for name in list(board)[:150]:
        del board[name]
    operation = await bench.back_up()

    assert [] == first.result["mass"]
    (found,) = operation.result["mass"]
    assert ("deleted", 150, 0, 42.2) == (found["what"], found["records"], found["samples"], found["limit"])
    assert [] == operation.warnings


async def test_many_ids_are_counted_and_some_named(bench):
    await bench.back_up()
    bench.app.silent = {"board0"}
    bench.app.boards["board0"] |= {f"new{number:02}": {"name": "new"} for number in range(30)}
    operation = await bench.back_up()

    found = operation.result["drift"]["card"]
    assert (30, 20) == (found["added"], len(found["ids"]))


async def test_counts_that_agree_are_in_the_ledger_and_warn_of_nothing(bench):
    operation = await bench.back_up()

    assert [] == operation.warnings
    assert [({"card": 5}, {"card": 5, "file": 1})] == [
        (entry["claimed"], entry["stored"]) for key, entry in (await ledger(bench)).items() if key == "board0"
    ]


async def test_counts_that_do_not_agree_are_a_warning_with_both(bench):
    await bench.back_up()
    bench.app.claimed = {"board2": 7}
    del bench.app.boards["board1"]["card12"]
    operation = await bench.back_up()

    assert [
        {
            "code": "COUNT_MISMATCH",
            "where": "workspace/board2/card",
            "message": "the app counts 7 here, and 5 are stored",
        }
    ] == operation.warnings
    assert {"card": 4, "file": 1} == (await ledger(bench))["board1"]["stored"]


async def test_a_worker_that_died_after_the_commit_tells_the_drift_all_the_same(bench):
    await bench.back_up()
    bench.app.silent = {"board0"}
    bench.app.boards["board0"]["card00"] = {"name": "changed in silence"}
    operation = await bench.back_up()
    async with bench.runtime.database.system() as connection:
        await connection.execute(
            "update operations set status = 'running', result = null, finished_at = null where operation_id = $1",
            operation.operation_id,
        )
    await bench.hasten()

    assert operation.result == (await bench.perform(operation)).result

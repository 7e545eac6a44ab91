"""Convergence: whatever goes wrong on the way, what is held in the end is exactly what the app has, tree for tree."""

import pytest

from store import connected_apps, grants, snapshots
from store.operations import OperationStatus
from tests.integration.workers.test_kill import bench as _bench
from tests.integration.workers.test_kill import trello as _trello

bench, trello = _bench, _trello

PASSING = [
    {"kind": "status", "status": 503, "times": 2},
    {"kind": "reset", "times": 2},
    {"kind": "half"},
    {"kind": "invalid_json", "route": "cards"},
]
STAYING = [
    ({"kind": "invalid_json", "route": r"GET /boards/\w+\?", "times": None}, "BAD_RECORD"),
    ({"kind": "wrong_types", "route": r"GET /boards/\w+/cards", "times": None}, "BAD_RECORD"),
    ({"kind": "poison", "route": r"GET /boards/\w+/cards"}, "BAD_RECORD"),
]


async def back_up(bench, *, full=False):
    operation = await bench.start(full=full)
    for _ in range(10):
        await bench.hasten()
        operation = await bench.perform(operation)
        if operation.status.is_final:
            break
    assert OperationStatus.SUCCEEDED is operation.status, operation
    return operation


async def tree(bench, connected=None):
    connection_id = (connected or bench.connected).connection_id
    async with bench.runtime.database.account(bench.account_id) as connection:
        return (await snapshots.latest(connection, connection_id)).tree_root


async def tree_of_the_app(bench, trello):
    """The tree of a connection that has just read everything for the first time, with nothing going wrong."""
    keys = (await bench.runtime.repository(bench.account_id)).keys
    async with bench.runtime.database.account(bench.account_id) as connection:
        other = await connected_apps.create(connection, account_id=bench.account_id, app="trello", name="Other")
        await grants.put(
            connection,
            keys,
            account_id=bench.account_id,
            connection_id=other.connection_id,
            method="key_token",
            subject=trello.owner["id"],
            name="Owner",
            credentials={"key": trello.key, "token": trello.token},
            expires_at=None,
        )
    first, bench.connected = bench.connected, other
    await back_up(bench)
    bench.connected = first
    return await tree(bench, other)


@pytest.mark.parametrize("fault", PASSING, ids=[fault["kind"] for fault in PASSING])
async def test_what_passes_leaves_no_trace(bench, trello, fault):
    trello.fail(**{"route": r"GET /boards/\w+", **fault})
    operation = await back_up(bench)

    assert [] == operation.warnings
    assert await tree_of_the_app(bench, trello) == await tree(bench)


@pytest.mark.parametrize(("fault", "code"), STAYING, ids=[fault["kind"] for fault, _ in STAYING])
async def test_what_stays_is_named_and_made_good_by_the_next_cycle(bench, trello, fault, code):
    trello.fail(**fault)
    operation = await back_up(bench)
    trello.faults.clear()
    healed = await back_up(bench)

    assert code in {warning["code"] for warning in operation.warnings}
    assert [] == healed.warnings
    assert await tree_of_the_app(bench, trello) == await tree(bench)


async def test_what_was_forbidden_is_asked_for_again_when_its_board_is_read_in_full(bench, trello):
    # Not before: what a plan does not allow would otherwise have every board read again every night.
    trello.fail("status", "boardPlugins", status=403, body="forbidden", times=None)
    operation = await back_up(bench)
    trello.faults.clear()
    await back_up(bench, full=True)

    assert {"FORBIDDEN"} == {warning["code"] for warning in operation.warnings}
    assert await tree_of_the_app(bench, trello) == await tree(bench)


async def test_a_token_that_is_refused_once_is_tried_again(bench, trello):
    trello.fail("expired_token", r"GET /boards/\w+/cards", times=1)
    operation = await back_up(bench)

    assert OperationStatus.SUCCEEDED is operation.status
    assert await tree_of_the_app(bench, trello) == await tree(bench)

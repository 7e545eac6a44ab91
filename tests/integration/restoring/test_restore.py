"""Restore: planned, carried out, read back, logged; refused where the app changed; paused, resumed, cancelled."""

import orjson
import pytest

from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import cards, lists
from store import operations, restores
from store.errors import Conflict
from store.operations import OperationStatus
from tests.integration.restoring.conftest import Bench, key
from workers import lease
from workers.queue import plan_restore
from workers.restoring.plan import Mode


def actor(bench: Bench) -> Actor:
    return Actor(member=bench.sandbox.owner)


async def entries(bench: Bench) -> list[dict]:
    async with bench.runtime.database.account(bench.account_id) as connection:
        rows = await connection.fetch("select entry from log_entries order by entry_no")
    return [orjson.loads(row["entry"]) for row in rows]


async def test_a_lost_board_comes_back_is_compared_and_logged(bench: Bench):
    lost = bench.board
    bench.lose(lost)

    plan, done = await bench.restore(bench.asked(workspaces=(lost,)))

    assert OperationStatus.SUCCEEDED is done.status, done
    assert {} == await bench.bad(plan)
    results = done.result["results"]
    assert {"lost", "equal", "cannot"} == results.keys()
    assert plan.summary["records"] == sum(results.values())
    assert 0 == done.result["fields"]["wrong"]
    new = done.result["workspaces"][lost]
    assert new in bench.world.boards
    assert {"restore", str(done.operation_id)} <= {(await entries(bench))[-1][name] for name in ("kind", "operation")}
    # The next backup holds the restored board as one of its own.
    seq = await bench.back_up()
    assert seq == 2


async def test_a_plan_costs_what_it_says(bench: Bench):
    bench.lose(bench.board)
    lost = next(iter(bench.world.boards))["id"]
    plan = await bench.plan(bench.asked(workspaces=(lost,), mode=Mode.COPY))
    bench.calls()

    done = await bench.perform(await bench.start(plan))

    assert OperationStatus.SUCCEEDED is done.status
    assert plan.summary["calls"] == len(bench.calls())


async def test_a_deleted_card_comes_back_in_its_list_with_all_that_was_in_it(bench: Bench):
    card = max(bench.world.cards.of(bench.board), key=lambda found: len(found["idChecklists"]))
    checklists = {found["name"] for found in bench.world.checklists.of(card["id"])}
    with bench.sandbox.editing() as world:
        cards.delete(world, actor(bench), card)

    plan, done = await bench.restore(bench.asked(mode=Mode.IN_PLACE, records=(key("card", card["id"]),)))

    assert OperationStatus.SUCCEEDED is done.status, done
    assert {} == await bench.bad(plan)
    made = next(row.target_id for row in await bench.findings(plan) if row.kind == "card")
    again = bench.world.cards.get(made)
    assert (card["idList"], card["name"], card["pos"]) == (again["idList"], again["name"], again["pos"])
    assert checklists == {found["name"] for found in bench.world.checklists.of(made)}


async def test_everything_deleted_since_comes_back_and_nothing_else_is_touched(bench: Bench):
    board = bench.board
    gone = bench.world.cards.of(board)[:2]
    kept = bench.world.cards.of(board)[2]
    with bench.sandbox.editing() as world:
        for card in gone:
            cards.delete(world, actor(bench), card)
        cards.update(world, actor(bench), kept, {"name": "changed since"})
    await bench.back_up()

    plan, done = await bench.restore(bench.asked(mode=Mode.IN_PLACE, deleted=True))

    assert OperationStatus.SUCCEEDED is done.status, done
    assert {} == await bench.bad(plan)
    assert "changed since" == bench.world.cards.get(kept["id"])["name"]
    names = sorted(card["name"] for card in bench.world.cards.of(board))
    assert sorted(card["name"] for card in gone) == sorted(name for name in names if name in {x["name"] for x in gone})


async def test_in_place_changes_back_only_what_differs_and_takes_out_of_the_archive(bench: Bench):
    one, other = bench.world.cards.of(bench.board)[:2]
    name = one["name"]
    with bench.sandbox.editing() as world:
        cards.update(world, actor(bench), one, {"name": "wrong"})
        cards.update(world, actor(bench), other, {"closed": True})
    bench.calls()

    plan, done = await bench.restore(bench.asked(mode=Mode.IN_PLACE, workspaces=(bench.board,)))

    assert OperationStatus.SUCCEEDED is done.status, done
    assert {} == await bench.bad(plan)
    assert [f"PUT /cards/{one['id']}", f"PUT /cards/{other['id']}"] == sorted(bench.calls())
    assert (name, False) == (bench.world.cards.get(one["id"])["name"], bench.world.cards.get(other["id"])["closed"])


async def test_a_card_goes_into_another_board(bench: Bench):
    card = bench.world.cards.of(bench.board)[0]
    other = next(board for board in bench.world.boards if board["id"] != bench.board)
    before = len(bench.world.cards.of(other["id"]))

    plan, done = await bench.restore(bench.asked(records=(key("card", card["id"]),), into=key("board", other["id"])))

    assert OperationStatus.SUCCEEDED is done.status, done
    assert {} == await bench.bad(plan)
    assert before + 1 == len(bench.world.cards.of(other["id"]))
    assert bench.world.cards.get(card["id"])


async def test_a_plan_made_stale_by_the_app_is_refused_and_says_what_changed(bench: Bench):
    card = bench.world.cards.of(bench.board)[0]
    with bench.sandbox.editing() as world:
        cards.update(world, actor(bench), card, {"name": "wrong"})
    plan = await bench.plan(bench.asked(mode=Mode.IN_PLACE, records=(key("card", card["id"]),)))
    with bench.sandbox.editing() as world:
        cards.update(world, actor(bench), card, {"name": "somebody is at it"})
    bench.calls()

    done = await bench.perform(await bench.start(plan))

    assert (OperationStatus.FAILED, "PLAN_STALE") == (done.status, done.error_code)
    assert [f"card/{card['id']}"] == [warning["where"] for warning in done.warnings]
    assert [] == bench.calls()
    assert "somebody is at it" == bench.world.cards.get(card["id"])["name"]


async def test_a_change_that_does_not_matter_makes_no_plan_stale(bench: Bench):
    card, other = bench.world.cards.of(bench.board)[:2]
    with bench.sandbox.editing() as world:
        cards.delete(world, actor(bench), card)
    plan = await bench.plan(bench.asked(mode=Mode.IN_PLACE, records=(key("card", card["id"]),)))
    with bench.sandbox.editing() as world:
        cards.update(world, actor(bench), other, {"name": "another card"})
        lists.create(world, actor(bench), world.boards.get(bench.board), "another list")

    done = await bench.perform(await bench.start(plan))

    assert OperationStatus.SUCCEEDED is done.status, done


async def test_one_restore_at_a_time_writes_into_a_connection(bench: Bench):
    card = bench.world.cards.of(bench.board)[0]
    plans = [await bench.plan(bench.asked(records=(key("card", card["id"]),))) for _ in range(2)]
    await bench.start(plans[0])

    with pytest.raises(Conflict, match="already has a restore"):
        await bench.start(plans[1])


async def test_a_paused_restore_stops_between_two_steps_and_goes_on_where_it_was(bench: Bench, monkeypatch):
    lost = bench.board
    bench.lose(lost)
    plan = await bench.plan(bench.asked(workspaces=(lost,)))
    operation = await bench.start(plan)
    pause_at(bench, monkeypatch, operation, after=10)

    paused = await bench.perform(operation)
    assert (OperationStatus.QUEUED, True) == (paused.status, paused.paused)
    first = bench.calls()
    assert 10 <= len(first) <= 14
    assert (OperationStatus.QUEUED, []) == ((await bench.perform(operation)).status, bench.calls())

    monkeypatch.undo()
    await set_paused(bench, operation, paused=False)
    done = await bench.perform(operation)

    assert OperationStatus.SUCCEEDED is done.status, done
    assert len([step for step in await bench.steps(plan) if step.calls]) == len(first) + len(bench.calls())
    assert {} == await bench.bad(plan)


async def test_a_cancelled_restore_stops_and_says_what_it_has_made(bench: Bench, monkeypatch):
    lost = bench.board
    bench.lose(lost)
    plan = await bench.plan(bench.asked(workspaces=(lost,)))
    operation = await bench.start(plan)
    pause_at(bench, monkeypatch, operation, after=10, cancel=True)

    done = await bench.perform(operation)

    assert OperationStatus.CANCELLED is done.status
    ended = [step for step in await bench.steps(plan) if step.made_id is not None]
    assert len(ended) >= 10
    assert {step.made_id for step in ended if step.kind == "list"} <= set(bench.world.lists.by_id)


async def test_what_the_app_does_not_take_fails_alone_and_can_be_tried_again(bench: Bench):
    lost = bench.board
    bench.lose(lost)
    plan = await bench.plan(bench.asked(workspaces=(lost,)))
    bench.sandbox.fail("status", r"POST /checklists$", status=400, body="invalid value for name", times=1)

    done = await bench.perform(await bench.start(plan))
    bad = await bench.findings(plan, "failed")
    again, done_again = await bench.restore(bench.asked(failed_of=done.operation_id))

    assert OperationStatus.SUCCEEDED is done.status, done
    assert {"checklist", "check_item"} == {row.kind for row in bad}
    assert any("invalid value for name" in row.reason for row in bad)
    assert {warning["code"] for warning in done.warnings} == {"NOT_RESTORED"} | {"NOT_EQUAL"}
    assert OperationStatus.SUCCEEDED is done_again.status, done_again
    assert {"checklist", "check_item", "card"} >= {step.kind for step in await bench.steps(again) if step.calls}
    assert {} == await bench.bad(again)


async def test_one_record_that_failed_is_tried_again_alone(bench: Bench):
    lost = bench.board
    bench.lose(lost)
    plan = await bench.plan(bench.asked(workspaces=(lost,)))
    bench.sandbox.fail("status", r"POST /checklists$", status=400, body="invalid value for name", times=2)
    done = await bench.perform(await bench.start(plan))
    failed = {(row.kind, row.external_id) for row in await bench.findings(plan, "failed")}
    one, other = sorted(found for found in failed if found[0] == "checklist")

    again, done_again = await bench.restore(bench.asked(failed_of=done.operation_id, records=(one,)))
    rest, _ = await bench.restore(bench.asked(failed_of=done.operation_id, records=(other,)))

    assert OperationStatus.SUCCEEDED is done_again.status, done_again
    tried = [
        {(step.kind, step.external_id) for step in await bench.steps(made) if step.calls} for made in (again, rest)
    ]
    assert one in tried[0]
    assert other in tried[1]
    assert {} == await bench.bad(again) == await bench.bad(rest)
    assert not tried[0] & tried[1] & failed
    there = key("card", next(iter(bench.world.cards.of(done.result["workspaces"][lost])))["id"])
    async with bench.runtime.database.account(bench.account_id) as connection:
        asked = bench.asked(failed_of=done.operation_id, records=(there,))
        queued = await plan_restore(connection, account_id=bench.account_id, asked=asked)
    assert "did not fail at card" in (await bench.perform(queued)).error_message


async def test_a_grant_that_may_only_read_is_found_out_before_anything_is_written(bench: Bench):
    bench.sandbox.services.credentials.tokens[bench.sandbox.token].scopes = frozenset({"read"})

    async with bench.runtime.database.account(bench.account_id) as connection:
        queued = await plan_restore(
            connection, account_id=bench.account_id, asked=bench.asked(workspaces=(bench.board,))
        )
    done = await bench.perform(queued)

    assert (OperationStatus.FAILED, "NOT_RESTORABLE") == (done.status, done.error_code)
    assert "no grant of this connection may write" in done.error_message


async def set_paused(bench: Bench, operation, *, paused: bool) -> None:
    async with bench.runtime.database.account(bench.account_id) as connection:
        await operations.set_paused(connection, bench.account_id, operation.operation_id, paused=paused)


def pause_at(bench: Bench, monkeypatch, operation, *, after: int, cancel: bool = False) -> None:
    """Ask the operation to wait, or to stop, once so many steps have been journalled."""
    ended = 0
    # The worker sees it with its next report, and reports every step.
    monkeypatch.setattr(lease, "REPORT_SECONDS", 0)
    real = restores.end_step

    async def counted(connection, plan, ordinal, **more):
        nonlocal ended
        await real(connection, plan, ordinal, **more)
        ended += 1
        if ended == after:
            if cancel:
                await operations.request_cancel(connection, bench.account_id, operation.operation_id)
            else:
                await operations.set_paused(connection, bench.account_id, operation.operation_id, paused=True)

    monkeypatch.setattr(restores, "end_step", counted)

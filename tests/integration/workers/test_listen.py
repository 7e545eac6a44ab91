"""Webhooks from end to end: the stand-in calls the real API, and what it calls about is read in the next cycle."""

import asyncio
import socket
from dataclasses import replace

import httpx
import pytest

from api.cli.serving import app_of
from api.cli.stack import serving
from connectors.http import HttpSettings
from connectors.trello.connector import TrelloConnector, TrelloSettings
from connectors.trello.sandbox import RateLimits, Sample, Sandbox, generate
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import labels
from connectors.trello.sandbox.webhooks import sign
from store import connected_apps, grants, hooks, marks
from store.hooks import HookStatus
from tests.integration.workers.test_convergence import back_up, tree, tree_of_the_app
from tests.integration.workers.test_integrity import ledger
from tests.integration.workers.test_kill import bench as _bench
from workers.grants import judge_status
from workers.hooks import remove_of_paused

quiet = _bench


@pytest.fixture
def trello():
    world = generate(Sample(named_boards=4, cards_each=6, large_file_bytes=1000))
    with Sandbox(world, limits=RateLimits(enforced=False, key_max=100_000, token_max=100_000)) as sandbox:
        yield sandbox


@pytest.fixture
async def bench(quiet, trello):
    """A worker with a public address at which the real API answers, and a grant whose calls can be verified."""
    listener = socket.create_server(("127.0.0.1", 0))
    public_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    quiet.runtime.settings = quiet.runtime.settings.model_copy(update={"public_url": public_url})
    await give(quiet, trello, trello.owner, secret=trello.app.secret)
    async with serving(app_of(quiet.runtime, quiet.queue, public_url=public_url), listener):
        yield quiet


async def give(bench, trello, person, **more):
    keys = (await bench.runtime.repository(bench.account_id)).keys
    token = trello.tokens[person["username"]].secret
    async with bench.runtime.database.account(bench.account_id) as connection:
        await grants.put(
            connection,
            keys,
            account_id=bench.account_id,
            connection_id=bench.connected.connection_id,
            method="key_token",
            subject=person["id"],
            name="Person",
            credentials={"key": trello.key, "token": token, **more},
            expires_at=None,
        )


async def held(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        found = await hooks.of_connection(connection, bench.account_id, bench.connected.connection_id)
    return {hook.workspace_id: hook for hook in found}


async def marked(bench):
    async with bench.runtime.database.account(bench.account_id) as connection:
        return (await marks.seen(connection, bench.account_id, bench.connected.connection_id)).workspace_ids


async def heard(trello):
    return await asyncio.to_thread(trello.services.webhooks.flush)


def registered(trello):
    return {hook.model_id: hook for hook in trello.services.webhooks.of(trello.tokens[trello.owner["username"]])}


def silent_change(trello, board_id, name):
    with trello.editing() as world:
        labels.update(world, Actor(member=trello.owner), world.labels.of(board_id)[0], {"name": name})


def a_board(trello):
    return next(board["id"] for board in trello.world.boards if not board["closed"])


async def test_every_workspace_is_registered_before_it_is_read_and_none_is_read_again_for_it(bench, trello):
    await back_up(bench)

    mine = await held(bench)
    assert {HookStatus.LISTENING} == {hook.status for hook in mine.values()}
    assert {hook.webhook_id for hook in registered(trello).values()} == {
        external_id for hook in mine.values() for external_id in hook.external_ids
    }
    requests = [f"{seen.method} {seen.path}" for seen in trello.services.requests]
    assert max(at for at, each in enumerate(requests) if each.startswith("POST /webhooks")) < min(
        at for at, each in enumerate(requests) if each.startswith("GET /boards/")
    )
    assert frozenset() == await marked(bench)
    await back_up(bench)
    assert {"unchanged"} == {entry["read"] for entry in (await ledger(bench)).values()}
    assert all("its webhook silent" in entry["evidence"] for entry in (await ledger(bench)).values())


async def test_a_change_that_moves_no_date_is_caught_by_its_webhook_in_the_next_cycle(bench, trello):
    await back_up(bench)
    board_id = a_board(trello)
    silent_change(trello, board_id, "silent")
    await heard(trello)
    assert frozenset({board_id}) == await marked(bench)
    await back_up(bench)

    entry = (await ledger(bench))[board_id]
    assert ("changed", "a webhook told of a change") == (entry["read"], entry["evidence"])
    assert await tree_of_the_app(bench, trello) == await tree(bench)
    assert frozenset() == await marked(bench)


async def test_a_call_that_comes_after_its_board_was_read_is_heeded_by_the_cycle_after(bench, trello, monkeypatch):
    await back_up(bench)
    board_id = a_board(trello)
    silent_change(trello, board_id, "before")
    await heard(trello)

    from workers import backup

    judge = backup.judge

    async def change_once_more(cycle, report):
        silent_change(trello, board_id, "after it was read")
        await heard(trello)
        return await judge(cycle, report)

    monkeypatch.setattr(backup, "judge", change_once_more)
    await back_up(bench)
    monkeypatch.undo()
    assert frozenset({board_id}) == await marked(bench)
    await back_up(bench)

    assert "changed" == (await ledger(bench))[board_id]["read"]
    assert await tree_of_the_app(bench, trello) == await tree(bench)
    assert frozenset() == await marked(bench)


async def test_a_mark_outlives_a_cycle_that_fails(bench, trello):
    impatient = TrelloSettings(api_url=trello.url, http=HttpSettings(allow_private=True, attempts=1))
    bench.runtime._connectors["trello"] = TrelloConnector(impatient)
    await back_up(bench)
    board_id = a_board(trello)
    silent_change(trello, board_id, "silent")
    await heard(trello)
    trello.fail("status", rf"GET /boards/{board_id}/cards", status=500, times=None)
    operation = await bench.perform(await bench.start())

    assert "APP_UNAVAILABLE" == operation.error_code
    assert frozenset({board_id}) == await marked(bench)
    trello.faults.clear()
    await bench.hasten()
    await bench.perform(operation)
    assert await tree_of_the_app(bench, trello) == await tree(bench)


async def test_a_webhook_that_died_is_made_again_and_its_board_read(bench, trello):
    await back_up(bench)
    before, boards = await held(bench), [board["id"] for board in trello.world.boards if not board["closed"]][:3]
    gone, off, failing = (registered(trello)[board_id] for board_id in boards)
    trello.services.webhooks.delete(gone)
    off.active = False
    failing.failures = 2
    for board_id in boards:
        silent_change(trello, board_id, "nobody was told")
    await heard(trello)
    await back_up(bench)

    after = await held(bench)
    assert {"changed"} == {(await ledger(bench))[board_id]["read"] for board_id in boards}
    assert await tree_of_the_app(bench, trello) == await tree(bench)
    again = {board_id for board_id in after if before[board_id].external_ids != after[board_id].external_ids}
    assert set(boards[:2]) == again
    assert {HookStatus.LISTENING} == {hook.status for hook in after.values()}
    assert {tuple(hook.external_ids) for hook in after.values()} == {
        (hook.webhook_id,) for hook in registered(trello).values()
    }
    assert frozenset() == await marked(bench)


async def test_what_leaves_the_scope_is_not_listened_to_any_more(bench, trello):
    await back_up(bench)
    board_id = a_board(trello)
    async with bench.runtime.database.account(bench.account_id) as connection:
        await marks.put(connection, bench.account_id, bench.connected.connection_id, [board_id])
        await connected_apps.set_scope(
            connection, bench.account_id, bench.connected.connection_id, included=None, excluded=[board_id]
        )
    await back_up(bench)

    assert board_id not in await held(bench)
    assert board_id not in registered(trello)
    assert frozenset() == await marked(bench)


async def test_a_registration_that_was_interrupted_is_taken_up(bench, trello):
    await back_up(bench)
    async with bench.runtime.database.system() as connection:
        await connection.execute("update hooks set status = 'asked', external_ids = '{}', listening_since = null")
    before = registered(trello)
    await back_up(bench)

    assert before.keys() == registered(trello).keys()
    assert {HookStatus.LISTENING} == {hook.status for hook in (await held(bench)).values()}
    # Whether it was told of everything since its board was last read, nobody knows.
    assert {"changed"} == {entry["read"] for entry in (await ledger(bench)).values()}


async def test_a_webhook_of_ours_that_nobody_holds_is_removed_and_others_are_left_alone(bench, trello):
    await back_up(bench)
    async with bench.runtime.database.system() as connection:
        await connection.execute("delete from hooks where workspace_id = $1", a_board(trello))
    stray = registered(trello)[a_board(trello)]
    with_another = replace(stray, webhook_id="0" * 24, url="https://example.org/hook")
    trello.services.webhooks._hooks["0" * 24] = with_another
    await back_up(bench)

    assert stray.webhook_id not in trello.services.webhooks._hooks
    assert "0" * 24 in trello.services.webhooks._hooks


async def test_a_board_that_the_app_will_not_call_about_is_backed_up_all_the_same(bench, trello):
    trello.fail("status", "POST /webhooks", status=400, body="no", times=None)
    operation = await back_up(bench)
    refused = len([seen for seen in trello.services.requests if seen.method == "POST"])
    await back_up(bench)

    assert [] == operation.warnings
    assert {HookStatus.REFUSED} == {hook.status for hook in (await held(bench)).values()}
    assert refused == len([seen for seen in trello.services.requests if seen.method == "POST"])
    assert all("no webhook" in entry["evidence"] for entry in (await ledger(bench)).values())


async def test_without_a_public_address_nothing_is_registered(bench, trello):
    bench.runtime.settings = bench.runtime.settings.model_copy(update={"public_url": None})
    await back_up(bench)

    assert {} == await held(bench)
    assert not [seen for seen in trello.services.requests if "webhooks" in seen.path]


async def test_a_grant_without_the_secret_registers_nothing(bench, trello):
    await give(bench, trello, trello.owner)
    await back_up(bench)

    assert {} == registered(trello)


@pytest.fixture
async def call(bench, trello):
    """Sends what a stranger may send to the address of one board's webhook."""
    await back_up(bench)
    url = registered(trello)[a_board(trello)].url
    async with httpx.AsyncClient() as client:

        async def send(body=b"", *, to=url, method="POST", signature=None, **options):
            headers = {} if signature is None else {"x-trello-webhook": signature}
            return await client.request(method, to, content=body, headers=headers, **options)

        yield url, send


async def test_bad_calls_get_one_answer_and_change_nothing(bench, trello, call):
    url, send = call
    good = b'{"action":{"id":"a1","data":{}}}'
    signed = sign(trello.app.secret, good, url)
    base = url.rpartition("/")[0]

    assert 401 == (await send(good)).status_code
    assert 401 == (await send(good, signature="x" * 5000)).status_code
    assert 401 == (await send(good, signature=sign("other", good, url))).status_code
    assert 401 == (await send(good, signature=sign(trello.app.secret, good, url + "?x"))).status_code
    assert 401 == (await send(good + b" ", signature=signed)).status_code
    assert 400 == (await send(b"[]", signature=sign(trello.app.secret, b"[]", url))).status_code
    assert 410 == (await send(good, to=f"{base}/{'A' * 43}", signature=signed)).status_code
    assert 410 == (await send(good, to=url.replace("/trello/", "/monday/"), signature=signed)).status_code
    assert 410 == (await send(to=f"{base}/x", method="HEAD")).status_code
    assert 405 == (await send(to=url, method="GET")).status_code
    assert 413 == (await send(b"x" * (1024 * 1024 + 1), signature=signed)).status_code
    assert 200 == (await send(method="HEAD")).status_code
    assert frozenset() == await marked(bench)


async def test_a_call_that_comes_twice_counts_once(bench, trello, call):
    url, send = call
    body = b'{"action":{"id":"a1","data":{}}}'
    first = await send(body, signature=sign(trello.app.secret, body, url))
    board_id = a_board(trello)
    assert frozenset({board_id}) == await marked(bench)
    await back_up(bench)
    again = await send(body, signature=sign(trello.app.secret, body, url))

    assert [(200, "marked"), (200, "heard before")] == [(reply.status_code, reply.text) for reply in (first, again)]
    assert frozenset() == await marked(bench)


async def test_while_postgres_is_away_the_app_is_asked_to_call_again(bench, trello, call, monkeypatch):
    from store.errors import Unavailable

    _, send = call

    async def gone(*_):
        raise Unavailable("Postgres does not answer")

    monkeypatch.setattr(hooks, "by_path", gone)
    reply = await send(b"{}")

    assert (503, "30") == (reply.status_code, reply.headers["retry-after"])


async def test_a_connection_that_is_paused_is_not_called_about_any_more(bench, trello):
    await back_up(bench)
    async with bench.runtime.database.account(bench.account_id) as connection:
        row = await connected_apps.get(connection, bench.account_id, bench.connected.connection_id)
        await judge_status(connection, row, is_paused=True)
    await remove_of_paused(bench.runtime)

    assert {} == await held(bench)
    assert {} == registered(trello)


async def test_a_grant_that_is_let_go_is_forgotten_by_the_app_at_its_next_call(bench, trello):
    await back_up(bench)
    board_id = a_board(trello)
    async with bench.runtime.database.account(bench.account_id) as connection:
        (row,) = (await grants.of_connections(connection, bench.account_id, [bench.connected.connection_id]))[
            bench.connected.connection_id
        ]
        await grants.remove(connection, bench.account_id, row.grant_id)
    silent_change(trello, board_id, "told to nobody")
    await heard(trello)

    assert {} == await held(bench)
    assert board_id not in registered(trello)

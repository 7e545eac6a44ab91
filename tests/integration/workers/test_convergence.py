"""Convergence: whatever goes wrong on the way, what is held in the end is exactly what the app has, tree for tree."""

import pytest

from connectors.http import Http, HttpSettings
from connectors.trello.connector import TrelloConnector, TrelloSettings
from connectors.trello.sandbox import RateLimits, Sample, Sandbox, actions, generate
from connectors.trello.sandbox.actions import Actor
from store import connected_apps, grants, snapshots
from store.operations import OperationStatus
from tests.contract.reader.conftest import PassingTime
from tests.integration.workers.test_kill import bench as _bench
from tests.integration.workers.test_kill import everything

bench = _bench


@pytest.fixture
def trello():
    limits = RateLimits(enforced=False, key_max=100_000, token_max=100_000, member_max=100_000)
    with Sandbox(generate(Sample(named_boards=3, cards_each=14, large_file_bytes=20_000)), limits=limits) as sandbox:
        yield sandbox


PASSING = [
    ({"kind": "status", "status": 429, "times": 3}, {"met the rate limit (429)": 3}),
    ({"kind": "status", "status": 503, "times": 2}, {"answered 503": 2}),
    ({"kind": "reset", "times": 2}, {"lost the connection": 2}),
    ({"kind": "half"}, {"lost the connection": 1}),
    (
        {"kind": "invalid_json", "route": "cards"},
        {"gave a page that cannot be read, and was asked for a smaller one": 1},
    ),
    ({"kind": "status", "route": "GET /members/me", "status": 502, "times": 2}, {"answered 502": 2}),
    ({"kind": "reset", "route": "GET /cards/.*/download/", "times": 2}, {"lost the connection": 2}),
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


async def authorise(bench, trello, *, person=None, token=None):
    """Let somebody, or the owner, give their grant, once more perhaps."""
    keys = (await bench.runtime.repository(bench.account_id)).keys
    async with bench.runtime.database.account(bench.account_id) as connection:
        await grants.put(
            connection,
            keys,
            account_id=bench.account_id,
            connection_id=bench.connected.connection_id,
            method="key_token",
            subject=(person or trello.owner)["id"],
            name="Somebody",
            credentials={"key": trello.key, "token": token or trello.token},
            expires_at=None,
        )


async def tree_of_the_app(bench, trello):
    """The tree of a connection that has just read everything for the first time, with nothing going wrong."""
    async with bench.runtime.database.account(bench.account_id) as connection:
        other = await connected_apps.create(connection, account_id=bench.account_id, app="trello", name="Other")
    first, bench.connected = bench.connected, other
    await authorise(bench, trello)
    await back_up(bench)
    bench.connected = first
    return await tree(bench, other)


@pytest.fixture
async def hurried(bench, trello):
    """The reader's own waits pass at once."""
    time, settings = PassingTime(), TrelloSettings(api_url=trello.url, http=HttpSettings(allow_private=True))
    http = Http(settings.http, clock=time.clock, sleep=time.sleep)
    bench.runtime._connectors["trello"] = TrelloConnector(settings, http=http)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("fault", "named"),
    PASSING,
    ids=[f"{fault['kind']} {fault.get('status', fault.get('route', ''))}" for fault, _ in PASSING],
)
async def test_what_passes_is_counted_and_leaves_no_trace(bench, trello, fault, named):
    trello.fail(**{"route": r"GET /boards/\w+", **fault})
    operation = await back_up(bench)

    assert ([], named) == (operation.warnings, operation.progress["retries"])
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


@pytest.mark.usefixtures("hurried")
async def test_a_board_that_is_never_answered_for_costs_only_itself(bench, trello):
    board = min(board["id"] for board in trello.world.boards)
    trello.fail("status", f"GET /boards/{board}/", status=504, body="timeout", times=None)
    operation = await back_up(bench)
    trello.faults.clear()
    held = {card["idBoard"] for card in (await everything(bench, "card")).values()}
    healed = await back_up(bench)

    assert [("UNANSWERED", f"board/{board}")] == [(each["code"], each["where"]) for each in operation.warnings]
    assert {each["id"] for each in trello.world.boards} - {board} == held
    assert [] == healed.warnings
    assert await tree_of_the_app(bench, trello) == await tree(bench)


async def test_a_card_that_its_board_s_listing_leaves_out_is_named_and_not_called_deleted(bench, trello):
    await back_up(bench)
    with trello.editing() as world:
        for board in world.boards:
            board["name"] += " renamed"
        card = next(iter(world.cards))
    trello.fail("left_out", r"GET /boards/\w+/cards", record_id=card["id"], times=None)
    operation = await back_up(bench)
    trello.faults.clear()
    healed = await back_up(bench)

    where = f"board/{card['idBoard']}/card/{card['id']}"
    named = {(each["code"], each["where"]) for each in operation.warnings}
    assert {("BAD_RECORD", where)} == {found for found in named if found[0] != "COUNT_MISMATCH"}
    assert 0 == operation.result["deleted"]
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


async def test_fields_and_kinds_of_tomorrow_are_kept_as_they_are(bench, trello):
    trello.fail("unknown_fields", r"GET /boards/\w+/cards", times=None)
    with trello.editing() as world:
        board = next(iter(world.boards))
        actions.record(
            world,
            Actor(member=trello.owner),
            "inventTomorrow",
            {"board": actions.about_board(board), "invented": [{"deep": None}]},
            when=world.now(),
            concerns=[board["id"]],
        )
    operation = await back_up(bench)

    assert [] == operation.warnings
    held = await everything(bench, "action")
    assert "inventTomorrow" in {action["type"] for action in held.values()}
    assert all("fieldFromTomorrow" in card for card in (await everything(bench, "card")).values())
    assert await tree_of_the_app(bench, trello) == await tree(bench)


async def test_a_token_that_is_revoked_is_stood_in_for_and_all_is_seen_again_when_its_owner_comes_back(bench, trello):
    await back_up(bench)
    other = next(member for member in list(trello.world.members)[1:] if member["idBoards"])
    await authorise(bench, trello, person=other, token=trello.tokens[other["username"]].secret)
    revoked = trello.services.credentials.tokens.pop(trello.token)
    with trello.editing() as world:
        for board in world.boards:
            board["name"] += " renamed"
    degraded = await back_up(bench)
    trello.services.credentials.tokens[revoked.secret] = revoked
    await authorise(bench, trello)
    healed = await back_up(bench, full=True)

    assert {"GRANT_LOST", "WORKSPACE_LOST"} == {warning["code"] for warning in degraded.warnings}
    assert degraded.result["deleted"] == 0
    assert degraded.result["edited"] > 0
    assert [] == healed.warnings
    assert await tree_of_the_app(bench, trello) == await tree(bench)


async def test_a_file_that_could_not_be_read_is_asked_for_by_every_cycle_until_it_is_there(bench, trello):
    # Its card does not change, so nothing but the last cycle's warning leads there again.
    trello.fail(
        "status", "GET /cards/.*/download/", status=404, body="The requested resource was not found.", times=None
    )
    first, second = await back_up(bench), await back_up(bench)
    trello.faults.clear()
    third = await back_up(bench)
    fourth = await back_up(bench)

    failed = [warning["where"] for warning in first.warnings]
    assert {"FILE_FAILED"} == {warning["code"] for warning in first.warnings + second.warnings}
    assert sorted(failed) == sorted(warning["where"] for warning in second.warnings)
    assert ([], len(failed), 0) == (third.warnings, third.result["added"], fourth.result["added"])
    assert await tree_of_the_app(bench, trello) == await tree(bench)

"""Marks: a later one outlives a cycle that began before it, whatever clocks say."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import accounts, connected_apps, grants, hooks, marks, workspaces
from store.keys import AccountKeys
from store.record import AccountId, ConnectionId, GrantId, Kind, WorkspaceId
from store.workspaces import Seen

ROOMS = [WorkspaceId(name) for name in "abc"]


async def made(database) -> tuple[AccountId, ConnectionId]:
    async with database.system() as connection:
        account = await accounts.create(connection, name="Acme")
        connected = await connected_apps.create(connection, account_id=account.account_id, app="fake", name="Fake")
    return account.account_id, connected.connection_id


steps = st.lists(
    st.tuples(st.sampled_from(["change", "begin", "commit", "crash"]), st.sampled_from(ROOMS)), max_size=25
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
async def test_a_mark_stays_until_a_cycle_that_read_the_workspace_after_it_has_committed(database, steps):
    """A model of an app that calls about every change, and of cycles that read exactly what is marked."""
    account_id, connection_id = await made(database)
    app, held = dict.fromkeys(ROOMS, 0), dict.fromkeys(ROOMS, 0)
    cycle = None

    async with database.account(account_id) as connection:
        for step, room in [*steps, ("begin", ROOMS[0]), ("commit", ROOMS[0])]:
            if step == "change":
                app[room] += 1
                await marks.put(connection, account_id, connection_id, [room])
            elif step == "begin" or cycle is None:
                seen = await marks.seen(connection, account_id, connection_id)
                cycle = (seen.number, {each: app[each] for each in seen.workspace_ids})
            elif step == "commit":
                number, read = cycle
                held |= read
                await marks.take(connection, account_id, connection_id, dict.fromkeys(read, number))
                cycle = None
            else:
                cycle = None
        marked = (await marks.seen(connection, account_id, connection_id)).workspace_ids

    assert {room for room in ROOMS if app[room] != held[room]} <= marked


async def test_a_mark_has_a_higher_number_each_time(database):
    account_id, connection_id = await made(database)
    async with database.account(account_id) as connection:
        first = await marks.put(connection, account_id, connection_id, ROOMS)
        again = await marks.put(connection, account_id, connection_id, [ROOMS[0]])
        seen = await marks.seen(connection, account_id, connection_id)

    assert again[ROOMS[0]] > max(first.values())
    assert (frozenset(ROOMS), again[ROOMS[0]]) == (seen.workspace_ids, seen.number)


async def hook_of(database, account_id, connection_id, keys, path):
    async with database.account(account_id) as connection:
        grant = await grants.put(
            connection,
            keys,
            account_id=account_id,
            connection_id=connection_id,
            method="token",
            subject="ada",
            name="Ada",
            credentials={},
            expires_at=None,
        )
        for room in ROOMS:
            await workspaces.put(
                connection,
                keys,
                account_id=account_id,
                connection_id=connection_id,
                seen=[
                    Seen(
                        workspace_id=room,
                        kind=Kind("room"),
                        name="Room",
                        parent_workspace_id=None,
                        in_scope=room != "c",
                    )
                ],
            )
        return await hooks.ask(
            connection,
            account_id=account_id,
            connection_id=connection_id,
            workspace_id=ROOMS[0],
            grant_id=GrantId(grant.grant_id),
            base_url="https://holdfast.test/hooks/fake/",
            path=path,
        )


async def test_a_delivery_counts_once_and_marks_what_is_in_scope(database):
    account_id, connection_id = await made(database)
    hook = await hook_of(database, account_id, connection_id, AccountKeys.generate(account_id), hooks.new_path())
    async with database.account(account_id) as connection:
        named = [*ROOMS, WorkspaceId("unheard of")]
        first = await hooks.hear(connection, hook, "1", named)
        before = await marks.seen(connection, account_id, connection_id)
        again = await hooks.hear(connection, hook, "1", named)
        after = await marks.seen(connection, account_id, connection_id)
        other = await hooks.hear(connection, hook, "2", [ROOMS[0]])

    assert (True, False, True) == (first, again, other)
    assert frozenset({"a", "b"}) == before.workspace_ids
    assert before == after


async def test_an_address_is_found_by_whoever_knows_it_and_is_not_kept(database):
    account_id, connection_id = await made(database)
    path = hooks.new_path()
    hook = await hook_of(database, account_id, connection_id, AccountKeys.generate(account_id), path)
    async with database.system() as connection:
        assert hook == await hooks.by_path(connection, path)
        for other in ("", hooks.new_path(), path[:-1], path + "x", "\ud800" * 43):
            assert await hooks.by_path(connection, other) is None
        assert {path} == await hooks.known_paths(connection, [path, "other"])
        text = await connection.fetchval("select hooks::text from hooks")

    assert path not in text
    assert path not in repr(hook)


async def test_old_deliveries_are_forgotten(database):
    account_id, connection_id = await made(database)
    hook = await hook_of(database, account_id, connection_id, AccountKeys.generate(account_id), hooks.new_path())
    async with database.account(account_id) as connection:
        for delivery_id in ("old", "new"):
            await hooks.hear(connection, hook, delivery_id, [])
        await connection.execute(
            "update hook_deliveries set heard_at = now() - interval '3 days' where delivery_id = 'old'"
        )
        await hooks.forget_deliveries(connection, account_id, connection_id)
        left = await connection.fetch("select delivery_id from hook_deliveries")

    assert ["new"] == [row["delivery_id"] for row in left]

"""Living records: listed and counted from a snapshot's tree."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import versions
from store.entry import encode_tails
from store.errors import Corrupt, Invalid, NotFound
from store.living import Living
from store.record import ExternalId, Kind, RecordKey, WorkspaceId
from store.tree.build import TreeBuilder
from store.tree.nodes import MemoryNodes
from tests.unit.store.cycle_store import BOARD, CARD, card

WORKSPACES, KINDS = [f"board-{n}" for n in range(6)], [f"kind-{n}" for n in range(4)]

workspaces, kinds = st.sampled_from([*WORKSPACES, "none"]), st.sampled_from([*KINDS, "none"])
records = st.sets(
    st.tuples(st.sampled_from(WORKSPACES), st.sampled_from(KINDS), st.integers(0, 99).map(str)), max_size=500
)


async def living_of(found):
    nodes, builder = MemoryNodes(), TreeBuilder(bytes(32))
    (tail,) = encode_tails([7], ["list"], ["above"])
    builder.add([("\0".join(key).encode(), bytes(64) + tail) for key in sorted(found)])
    root = builder.finish()
    await nodes.put(builder.take())
    return Living(nodes, root), nodes


def key_of(parts):
    workspace_id, kind, external_id = parts
    return RecordKey(workspace_id=WorkspaceId(workspace_id), kind=Kind(kind), external_id=ExternalId(external_id))


@given(
    found=records,
    asked=st.none() | st.sets(workspaces),
    wanted=st.none() | st.sets(kinds),
    after=st.none() | st.tuples(workspaces, kinds, st.integers(0, 99).map(str)),
    limit=st.integers(1, 600),
)
async def test_a_page_is_what_comes_next_of_what_is_asked(found, asked, wanted, after, limit):
    living, _ = await living_of(found)
    expected = [
        key
        for key in sorted(found)
        if (asked is None or key[0] in asked) and (wanted is None or key[1] in wanted) and (not after or key > after)
    ]
    place = after and key_of(after)

    assert [key_of(key) for key in expected[:limit]] == await living.page(
        workspace_ids=asked, kinds=wanted, after=place, limit=limit
    )


@given(found=records, asked=st.none() | st.sets(workspaces), wanted=st.sets(kinds))
async def test_records_are_counted_by_kind_and_in_all(found, asked, wanted):
    living, _ = await living_of(found)
    here = [key for key in found if asked is None or key[0] in asked]
    counted = Counter((workspace_id, kind) for workspace_id, kind, _ in here)

    scopes = [(one, kind) for one in asked or () for kind in wanted]
    assert len(found) == await living.count()
    assert sum((one, kind) in scopes for one, kind, _ in found) == await living.count(scopes)
    assert len(here) == await living.count(None if asked is None else [(one, None) for one in asked])
    by_kind = await living.count_by_kind(asked)
    assert counted == {(one, kind): count for one, kinds in by_kind.items() for kind, count in kinds.items()}


@given(found=records, scopes=st.sets(st.tuples(workspaces, st.none() | kinds)))
async def test_entries_are_those_in_the_scopes(found, scopes):
    living, _ = await living_of(found)
    expected = [key for key in sorted(found) if scopes & {(key[0], None), (key[0], key[1])}]
    entries = [entry async for batch in living.entries(scopes) for entry in batch]

    assert list(map(key_of, expected)) == [entry.key for entry in entries]
    assert all(entry.parent and entry.parent.external_id == "above" for entry in entries)


async def test_a_kind_is_found_without_reading_the_others():
    found = {(f"board-{n:03d}", "card", str(number)) for n in range(40) for number in range(500)}
    living, nodes = await living_of(found | {(f"board-{n:03d}", "board", str(n)) for n in range(40)})
    nodes.reads = 0

    assert 40 == len(await living.page(kinds=[Kind("board")], limit=100))
    assert nodes.reads < len(nodes.bodies) / 4


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
async def test_a_name_that_cannot_be_is_refused(name):
    living, _ = await living_of({("board", "card", "1")})

    with pytest.raises(Invalid):
        await living.page(workspace_ids=[WorkspaceId(name)], limit=1)
    with pytest.raises(Invalid):
        await living.page(kinds=[Kind(name)], limit=1)


async def test_what_was_there_is_listed_as_it_was(store):
    await store.snapshot([card(1), card(2)])
    await store.snapshot([card(1, "edited"), card(3)])

    assert {("board", "0001"): "as it was", ("board", "0002"): "as it was"} == await store.contents(1)
    assert {("board", "0001"): "edited", ("board", "0003"): "as it was"} == await store.contents(2)
    assert {} == await store.contents(0)


async def test_a_snapshot_that_is_not_kept_is_not_found(store):
    await store.snapshot([card(1)])

    with pytest.raises(NotFound, match="has no snapshot 2"):
        await store.versions(2)
    async with store.transaction() as connection:
        with pytest.raises(NotFound, match="has no snapshot 2"):
            await versions.count_records(connection, store.connection_id, 2)


async def test_a_record_that_the_index_lacks_is_named(store):
    await store.snapshot([card(1), card(2)])
    async with store.transaction() as connection:
        await connection.execute("delete from versions where external_id = '0002'")

    with pytest.raises(Corrupt, match="record card/0002 of connection"):
        await store.versions(1)


async def test_records_of_some_kinds_are_counted_as_listed(store):
    await store.snapshot([card(number) for number in range(70)])
    asked = {"workspace_id": BOARD, "kinds": [CARD]}
    async with store.transaction() as connection:
        listed = await versions.list_records(connection, store.connection_id, 1, limit=100, **asked)
        counts = [
            await versions.count_records(connection, store.connection_id, 1, **what)
            for what in (asked, {"kinds": [CARD]}, {"workspace_id": BOARD}, {}, {"cap": 9}, {"kinds": [Kind("none")]})
        ]

    assert 70 == len(listed)
    assert [70, 70, 70, 70, 10, 0] == counts

"""Trees: shape, sharing, diff, and what they cost."""

import contextlib
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.audit import audit_tree
from store.errors import Corrupt, Invalid
from store.tree.build import TreeBuilder
from store.tree.diff import Difference, diff
from store.tree.merge import merge
from store.tree.node import (
    Leaves,
    child_value,
    count_of,
    decode,
    differing,
    encode,
    leaf_hashes,
    leaves_of,
    replace_values,
)
from store.tree.nodes import MemoryNodes
from store.tree.read import counts_before, entries, first_entries, groups, leaf_ids, lookup
from store.tree.spans import BEYOND, EVERYTHING, Spans
from store.tree.update import TreeUpdate

SHAPE = bytes(range(32))


def value(text: object, tail: bytes = b"tail") -> bytes:
    return hashlib.sha256(str(text).encode()).digest() * 2 + tail


def key(number: int) -> bytes:
    return f"board\0card\0{number:08d}".encode()


async def build(nodes: MemoryNodes, content: dict[bytes, bytes]) -> bytes | None:
    builder = TreeBuilder(SHAPE)
    builder.add(sorted(content.items()))
    root = builder.finish()
    await nodes.put(builder.take())
    return root


def columns(changes: list[tuple[bytes, bytes | None]]) -> Leaves:
    """As the cycle gives them: an entry that goes has no content id."""
    return leaves_of([(key, value or b"") for key, value in changes])


async def read_all(nodes: MemoryNodes, root: bytes | None) -> dict[bytes, bytes]:
    return dict([entry async for batch in entries(nodes, root) for entry in batch])


async def differences(nodes: MemoryNodes, old: bytes | None, new: bytes | None) -> list[Difference]:
    return [difference async for batch in diff(nodes, old, new) for difference in batch]


def reachable(nodes: MemoryNodes, root: bytes | None) -> set[bytes]:
    found: set[bytes] = set()
    wanted = [root] if root else []
    while wanted:
        node_id = wanted.pop()
        found.add(node_id)
        node = decode(nodes.bodies[node_id])
        if node.level:
            wanted.extend(v[:32] for v in node.values)
    return found


contents = st.dictionaries(st.integers(0, 600).map(key), st.integers(0, 3).map(value), max_size=400)


@given(content=contents)
async def test_what_was_built_is_read(content):
    nodes = MemoryNodes()
    root = await build(nodes, content)

    assert content == await read_all(nodes, root)


@given(before=contents, after=contents)
@settings(max_examples=200, deadline=None)
async def test_same_records_same_root_whatever_the_order_of_edits(before, after):
    nodes = MemoryNodes()
    old_root = await build(nodes, before)
    expected = await build(nodes, after)
    changes = [(k, after.get(k)) for k in sorted(before.keys() | after.keys()) if before.get(k) != after.get(k)]
    update = TreeUpdate(nodes, SHAPE, old_root)

    assert expected == await update.apply(changes)


@given(before=contents, after=contents)
@settings(max_examples=100, deadline=None)
async def test_merge_makes_the_same_tree(before, after):
    nodes = MemoryNodes()
    old_root = await build(nodes, before)
    expected = await build(nodes, after)
    changes = [(k, after.get(k)) for k in sorted(before.keys() | after.keys()) if before.get(k) != after.get(k)]

    async def batches():
        for at in range(0, len(changes), 7):
            yield columns(changes[at : at + 7])

    root, audit = await merge(nodes, nodes, SHAPE, old_root, batches())

    assert (expected, len(after)) == (root, audit.count)
    assert (await audit_tree(nodes, root)).root() == audit.root()


@given(before=contents, after=contents)
@settings(max_examples=100, deadline=None)
async def test_update_keeps_every_node_of_the_new_tree(before, after):
    nodes, fresh = MemoryNodes(), MemoryNodes()
    old_root = await build(nodes, before)
    update = TreeUpdate(nodes, SHAPE, old_root)
    root = await update.apply(
        [(k, after.get(k)) for k in sorted(before.keys() | after.keys()) if before.get(k) != after.get(k)]
    )
    await nodes.put(update.new_nodes)
    await build(fresh, after)

    assert reachable(fresh, root) == reachable(nodes, root)
    assert reachable(nodes, root) - reachable(nodes, old_root) == {n.node_id for n in update.new_nodes} - reachable(
        nodes, old_root
    )


@given(before=contents, edits=st.dictionaries(st.integers(0, 200).map(key), st.integers(9, 12).map(value)))
@settings(max_examples=100, deadline=None)
async def test_diff_of_edits_is_what_differs(before, edits):
    nodes = MemoryNodes()
    after = {k: edits.get(k, v) for k, v in before.items()}
    old, new = await build(nodes, before), await build(nodes, after)

    assert [Difference(k, before[k], v) for k, v in sorted(after.items()) if v != before[k]] == await differences(
        nodes, old, new
    )


@given(before=contents, after=contents)
@settings(max_examples=100, deadline=None)
async def test_diff_is_what_differs(before, after):
    nodes = MemoryNodes()
    old, new = await build(nodes, before), await build(nodes, after)
    expected = [
        Difference(k, before.get(k), after.get(k))
        for k in sorted(before.keys() | after.keys())
        if before.get(k) != after.get(k)
    ]

    assert expected == await differences(nodes, old, new)


@given(before=contents, after=contents, start=st.integers(0, 601).map(key) | st.just(b""))
@settings(max_examples=100, deadline=None)
async def test_diff_goes_on_behind_any_key(before, after, start):
    nodes = MemoryNodes()
    old, new = await build(nodes, before), await build(nodes, after)
    found = [difference async for batch in diff(nodes, old, new, after=start) for difference in batch]

    assert [each for each in await differences(nodes, old, new) if each.key > start] == found


async def test_a_page_of_a_diff_costs_the_way_down_and_what_it_gives():
    nodes = MemoryNodes()
    old = await build(nodes, {key(n): value(n) for n in range(20_000)})
    new = await build(nodes, {key(n): value("new") for n in range(20_000)})
    costs = []
    for start in (0, 10_000, 19_500):
        nodes.reads = 0
        page = await anext(diff(nodes, old, new, after=key(start)))
        costs.append(nodes.reads)

        assert key(start + 1) == page[0].key
    nodes.reads = 0
    await differences(nodes, old, new)

    assert max(costs) < 400
    assert nodes.reads > 1_000


async def test_snapshots_share_what_did_not_change():
    nodes = MemoryNodes()
    content = {key(n): value(n) for n in range(20_000)}
    old = await build(nodes, content)
    update = TreeUpdate(nodes, SHAPE, old)
    await update.apply([(key(n), value("new")) for n in range(0, 20_000, 2_000)])

    assert len(update.new_nodes) <= 10 * 3 + 1


async def test_diff_reads_nodes_in_proportion_to_changes():
    nodes = MemoryNodes()
    content = {key(n): value(n) for n in range(50_000)}
    old = await build(nodes, content)
    changed = {key(n): value("new") for n in range(0, 50_000, 5_000)}
    update = TreeUpdate(nodes, SHAPE, old)
    new = await update.apply(sorted(changed.items()))
    await nodes.put(update.new_nodes)
    nodes.reads = 0

    assert len(changed) == len(await differences(nodes, old, new))
    assert nodes.reads <= 2 * len(changed) * 4 + 2


async def test_equal_trees_are_not_read():
    nodes = MemoryNodes()
    root = await build(nodes, {key(n): value(n) for n in range(1_000)})
    nodes.reads = 0

    assert await differences(nodes, root, root) == []
    assert nodes.reads == 0


async def test_lookup_reads_one_node_a_level():
    nodes = MemoryNodes()
    root = await build(nodes, {key(n): value(n) for n in range(20_000)})
    nodes.reads = 0

    assert value(777) == await lookup(nodes, root, key(777))
    assert await lookup(nodes, root, key(20_001)) is None
    assert nodes.reads <= 8


def board_key(board: int, kind: int, number: int) -> bytes:
    return f"board-{board}\0kind-{kind}\0{number}".encode()


def group_of(key: bytes) -> bytes:
    return key.rpartition(b"\0")[0]


boards = st.dictionaries(
    st.builds(board_key, st.integers(0, 6), st.integers(0, 3), st.integers(0, 90)), st.just(value(0)), max_size=700
)
bounds = st.builds(board_key, st.integers(0, 7), st.integers(0, 4), st.integers(0, 99)) | st.sampled_from([b"", BEYOND])


@given(content=boards, ranges=st.lists(st.tuples(bounds, bounds), max_size=5), limit=st.integers(1, 900))
async def test_entries_of_spans_are_those_whose_keys_they_have(content, ranges, limit):
    nodes = MemoryNodes()
    root = await build(nodes, content)
    spans = Spans(ranges)
    expected = [k for k in sorted(content) if any(start <= k < end for start, end in ranges)]

    assert expected == [k for k in sorted(content) if spans.have(k)]
    assert expected == [k async for batch in entries(nodes, root, spans) for k, _ in batch]
    assert expected[:limit] == [k for k, _ in await first_entries(nodes, root, spans, limit)]


@given(content=boards, keys=st.lists(bounds, max_size=6))
async def test_entries_before_keys_are_counted(content, keys):
    nodes = MemoryNodes()
    root = await build(nodes, content)

    assert [sum(k < key for k in content) for key in keys] == await counts_before(nodes, root, keys)


@given(content=boards, asked=st.none() | st.sets(st.integers(0, 7)))
async def test_groups_are_those_of_the_entries(content, asked):
    nodes = MemoryNodes()
    root = await build(nodes, content)
    ranges = [(f"board-{board}\0".encode(), f"board-{board}\1".encode()) for board in asked or ()]
    spans = EVERYTHING if asked is None else Spans(ranges)
    expected = {group_of(k) for k in content if asked is None or spans.have(k)}

    assert sorted(expected) == await groups(nodes, root, spans, group_of)


async def test_a_page_reads_what_holds_it():
    nodes = MemoryNodes()
    root = await build(nodes, {key(n): value(n) for n in range(20_000)})
    nodes.reads = 0
    found = await first_entries(nodes, root, EVERYTHING.from_(key(12_500)), 100)

    assert [key(n) for n in range(12_500, 12_600)] == [k for k, _ in found]
    assert nodes.reads <= 25


async def test_groups_are_told_by_where_they_meet():
    nodes = MemoryNodes()
    content = {board_key(board, 0, n): value(n) for board in range(5) for n in range(4_000)}
    root = await build(nodes, content)
    nodes.reads = 0

    assert 5 == len(await groups(nodes, root, EVERYTHING, group_of))
    assert nodes.reads <= 25


async def test_leaf_hashes_lie_side_by_side():
    nodes = MemoryNodes()
    content = {key(n): value(n) for n in range(2_000)}
    root = await build(nodes, content)
    joined = b"".join([leaf_hashes(nodes.bodies[i]) async for ids in leaf_ids(nodes, root) for i in ids])

    assert b"".join(v[32:64] for _, v in sorted(content.items())) == joined


def test_entries_out_of_order_are_refused():
    builder = TreeBuilder(SHAPE)

    with pytest.raises(Invalid):
        builder.add([(b"b", value(1)), (b"a", value(2))])


@given(junk=st.binary(max_size=300))
def test_junk_is_corrupt(junk):
    with pytest.raises(Corrupt):
        decode(junk)


@given(at=st.integers(0, 10_000), flip=st.integers(1, 255))
@settings(max_examples=300)
def test_a_changed_byte_never_escapes_as_another_error(at, flip):
    body = bytearray(encode(0, [key(n) for n in range(5)], [value(n) for n in range(5)]))
    body[at % len(body)] ^= flip
    with contextlib.suppress(Corrupt):
        decode(bytes(body))


@given(
    content=st.dictionaries(st.integers(0, 90).map(key), st.integers(0, 3).map(value), min_size=1),
    edits=st.dictionaries(
        st.integers(0, 90).map(key), st.none() | st.builds(value, st.integers(4, 9), st.sampled_from([b"tail", b"t"]))
    ),
)
def test_values_are_replaced_in_place_or_not_at_all(content, edits):
    keys, values = zip(*sorted(content.items()), strict=True)
    changed = replace_values(encode(0, keys, values), sorted(edits.items()))
    fits = all(k in content and v is not None and len(v) == len(content[k]) for k, v in edits.items())
    expected = encode(0, keys, [edits.get(k, v) for k, v in sorted(content.items())]) if fits else None

    assert expected == changed


@given(
    content=st.dictionaries(st.integers(0, 90).map(key), st.integers(0, 3).map(value), min_size=1),
    edits=st.dictionaries(
        st.integers(0, 95).map(key), st.builds(value, st.integers(0, 9), st.sampled_from([b"tail", b"t", b""]))
    ),
)
def test_nodes_of_the_same_keys_are_told_apart_entry_by_entry(content, edits):
    after = {**content, **edits}
    old, new = (encode(0, *zip(*sorted(entries.items()), strict=True)) for entries in (content, after))
    expected = None
    if content.keys() == after.keys():
        expected = [(k, content[k], v) for k, v in sorted(after.items()) if v != content[k]]

    assert expected == differing(old, new)


@given(counts=st.lists(st.integers(1, 2**40), min_size=2, max_size=80), at=st.integers(0, 79))
def test_children_are_replaced_in_place(counts, at):
    keys = [key(n) for n in range(len(counts))]
    values = [child_value(hashlib.sha256(k).digest(), count) for k, count in zip(keys, counts, strict=True)]
    body = encode(1, keys, values)
    at %= len(keys)
    values[at] = child_value(bytes(32), 7)

    assert encode(1, keys, values) == replace_values(body, [(keys[at], values[at])])
    assert [(keys[at], decode(body).values[at], values[at])] == differing(body, encode(1, keys, values))
    assert sum(counts) == count_of(body)


async def test_an_edit_reads_and_writes_one_node_a_level():
    nodes = MemoryNodes()
    old = await build(nodes, {key(n): value(n) for n in range(20_000)})
    height = decode(nodes.bodies[old]).level + 1
    nodes.reads = 0
    update = TreeUpdate(nodes, SHAPE, old)
    await update.apply([(key(777), value("new"))])

    assert height == nodes.reads == len(update.new_nodes)


def test_a_key_longer_than_a_prefix_can_be():
    keys = [b"a" * 100_000 + bytes([n]) for n in range(3)]
    node = decode(encode(0, keys, [value(n) for n in range(3)]))

    assert keys == node.keys

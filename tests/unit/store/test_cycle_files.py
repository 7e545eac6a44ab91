"""Files: read back as they were put, and kept while their revision is the same."""

import dataclasses
import hashlib
import random

import pytest

from store.files import FileMeta, decode_recipe
from store.record import (
    FILE_KIND,
    ExternalId,
    ParentRef,
    WorkspaceId,
)
from tests.unit.store.cycle_store import BOARD, CARD


async def test_files_are_read_back(store):
    data = random.Random(1).randbytes(5_000_000)

    async def stream():
        for at in range(0, len(data), 70_000):
            yield data[at : at + 70_000]

    meta = FileMeta(
        workspace_id=BOARD,
        external_id=ExternalId("f1"),
        parent=ParentRef(kind=CARD, external_id=ExternalId("0001")),
        name="plan.pdf",
        media_type="application/pdf",
        revision="r1",
    )
    async with store.cycle() as cycle:
        await cycle.put_file(meta, stream())
        await cycle.commit({}, store.clock)
    ((version,)) = await store.versions(1)
    recipe = decode_recipe(await store.repository.read(version.content_id))

    assert hashlib.sha256(data).hexdigest() == recipe.sha256
    assert data == b"".join([part async for part in store.repository.stream_file(recipe)])


async def hold_a_file(store) -> FileMeta:
    async def stream():
        yield b"plan" * 9_000

    meta = FileMeta(
        workspace_id=BOARD,
        external_id=ExternalId("f1"),
        parent=ParentRef(kind=CARD, external_id=ExternalId("0001")),
        name="plan.pdf",
        media_type="application/pdf",
        revision="r1",
    )
    async with store.cycle() as cycle:
        await cycle.put_file(meta, stream())
        await cycle.commit({}, store.clock)
    return meta


async def test_a_file_is_kept_while_its_revision_is_the_same(store):
    meta = await hold_a_file(store)
    async with store.cycle() as cycle:
        assert await cycle.keep_file(meta)
        assert not await cycle.keep_file(dataclasses.replace(meta, revision="r2"))
        assert not await cycle.keep_file(dataclasses.replace(meta, external_id=ExternalId("f2")))
        await cycle.complete(BOARD, [FILE_KIND])
        snapshot = await cycle.commit({}, store.clock)

    assert (0, 0, 0, 0) == (snapshot.added, snapshot.edited, snapshot.moved, snapshot.deleted)


@pytest.mark.parametrize(
    ("change", "counted"),
    [
        ({"workspace_id": WorkspaceId("other")}, "moved"),
        ({"parent": ParentRef(kind=CARD, external_id=ExternalId("0002"))}, "edited"),
        ({"name": "plan-2.pdf"}, "edited"),
        ({"media_type": None}, "edited"),
    ],
)
async def test_a_kept_file_goes_where_it_lies_and_is_called_what_it_is_called(store, change, counted):
    meta = await hold_a_file(store)
    changed = dataclasses.replace(meta, **change)
    async with store.cycle() as cycle:
        assert await cycle.keep_file(changed)
        await cycle.complete(BOARD, [FILE_KIND])
        snapshot = await cycle.commit({}, store.clock)
    (version,) = await store.versions(snapshot.seq)
    recipe = decode_recipe(await store.repository.read(version.content_id))

    assert 1 == getattr(snapshot, counted)
    assert (changed.workspace_id, changed.parent) == (version.key.workspace_id, version.parent)
    assert (changed.name, changed.media_type) == (recipe.name, recipe.media_type)
    assert b"plan" * 9_000 == b"".join([part async for part in store.repository.stream_file(recipe)])

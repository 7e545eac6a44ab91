"""Files: the bytes of an attachment as chunks, and the recipe that puts them together again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain

import msgspec

from store.chunker import cut
from store.errors import Corrupt
from store.keys import AccountKeys, chunk_seed, content_id
from store.pack_writer import FILE_BYTES, PackWriter
from store.record import FILE_KIND, ChunkId, ExternalId, ParentRef, Record, WorkspaceId

_BYTES_AT_ONCE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMeta:
    """What is known of a file before its first byte. `revision` is the app's word for this state of its bytes."""

    workspace_id: WorkspaceId
    external_id: ExternalId
    parent: ParentRef
    name: str
    media_type: str | None
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Which chunks, in order, make a file up: the content of a record of kind `file`."""

    name: str
    media_type: str | None
    revision: str
    size_bytes: int
    sha256: str
    chunks: tuple[tuple[ChunkId, int], ...]
    """(id, length in bytes)."""


class _Stored(msgspec.Struct, rename={"size_bytes": "bytes", "media_type": "mediaType"}):
    name: str
    media_type: str | None
    revision: str
    size_bytes: int
    sha256: str
    chunks: list[tuple[str, int]]


_DECODER = msgspec.json.Decoder(_Stored)


def decode_recipe(content: bytes) -> Recipe:
    """Read the content of a `file` record; Corrupt when it is none, or its lengths do not add up."""
    try:
        stored = _DECODER.decode(content)
        chunks = tuple((ChunkId(bytes.fromhex(chunk_id)), size) for chunk_id, size in stored.chunks)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Corrupt("a file's recipe cannot be read") from error
    if sum(size for _, size in chunks) != stored.size_bytes:
        raise Corrupt("a file's recipe does not add up to its size")
    return Recipe(
        name=stored.name,
        media_type=stored.media_type,
        revision=stored.revision,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        chunks=chunks,
    )


async def store_file(
    keys: AccountKeys, writer: PackWriter, meta: FileMeta, stream: AsyncIterator[bytes]
) -> tuple[Record, set[int], int]:
    """Store a file's chunks; return its recipe as a record, the packs its chunks lie in, and its size.

    Memory: some chunks. Raises what `stream` raises; chunks stored until then are garbage.
    """
    digest = sha256()
    listed: list[tuple[str, int]] = []
    packs: set[int] = set()
    batch: list[tuple[ChunkId, bytes]] = []
    size_bytes = batch_bytes = 0
    async for chunk in cut(stream, chunk_seed(keys)):
        digest.update(chunk)
        chunk_id = ChunkId(content_id(keys, chunk))
        listed.append((chunk_id.hex(), len(chunk)))
        batch.append((chunk_id, chunk))
        size_bytes += len(chunk)
        batch_bytes += len(chunk)
        if batch_bytes >= _BYTES_AT_ONCE:
            packs.update(chain.from_iterable(await writer.add(FILE_BYTES, batch)))
            batch, batch_bytes = [], 0
    packs.update(chain.from_iterable(await writer.add(FILE_BYTES, batch)))
    record = Record(
        workspace_id=meta.workspace_id,
        kind=FILE_KIND,
        external_id=meta.external_id,
        parent=meta.parent,
        content={
            "name": meta.name,
            "mediaType": meta.media_type,
            "revision": meta.revision,
            "bytes": size_bytes,
            "sha256": digest.hexdigest(),
            "chunks": listed,
        },
    )
    return record, packs, size_bytes

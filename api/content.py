"""Content: titles, differences and files, from the store's bytes."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.context import Info
from api.downloads import Download, download_path
from api.ids import RecordRef
from store import canonical, differences
from store.differences import Difference
from store.files import decode_recipe
from store.record import FILE_KIND
from store.versions import Version

MOST_CHANGES = 500
_LARGE_BYTES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShown:
    """What is shown of a file."""

    name: str
    media_type: str | None
    size_bytes: int
    sha256: str
    download_url: str
    expires_at: datetime


async def title_of(info: Info, ref: RecordRef, version: Version) -> str | None:
    """Name a record to people, by the field its kind says; files by their name."""
    field = await _title_field(info, ref)
    if field is None or version.erased:
        return None
    value = canonical.decode(await info.context.loaders.content.load(version.content_id))
    for step in field.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


async def field_changes(info: Info, before: Version, after: Version) -> list[Difference]:
    """Compare two contents; large ones off the event loop, and by top-level field when too much differs."""
    if before.content_id == after.content_id or before.erased or after.erased:
        return []
    content = info.context.loaders.content
    old, new = await asyncio.gather(content.load(before.content_id), content.load(after.content_id))
    if len(old) + len(new) > _LARGE_BYTES:
        return await asyncio.to_thread(_differences, old, new)
    return _differences(old, new)


async def file_of(info: Info, ref: RecordRef, version: Version) -> FileShown:
    """Show a file, with an address to get it from."""
    recipe = decode_recipe(await info.context.loaders.content.load(version.content_id))
    services = info.context.services
    download = Download.of(ref, version.content_id, services.now())
    path = download_path(await info.context.signer(), info.context.account_id, download, recipe.name)
    return FileShown(
        name=recipe.name,
        media_type=recipe.media_type,
        size_bytes=recipe.size_bytes,
        sha256=recipe.sha256,
        download_url=services.public_url + path,
        expires_at=datetime.fromtimestamp(download.expires, UTC),
    )


def _differences(old: bytes, new: bytes) -> list[Difference]:
    left, right = canonical.decode(old), canonical.decode(new)
    found = differences.differences(left, right)
    return found if len(found) <= MOST_CHANGES else differences.differences(left, right, deep=False)


async def _title_field(info: Info, ref: RecordRef) -> str | None:
    if ref.kind == FILE_KIND:
        return "name"
    connected = await info.context.loaders.connection.load(ref.connection_id)
    connector: Any = info.context.services.connectors.get(connected.app) if connected else None
    spec = connector.spec.kinds.get(ref.kind) if connector else None
    return spec.title_field if spec else None

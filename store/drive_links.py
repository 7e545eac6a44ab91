"""Drive links: each file and folder that was sent to a Drive, as it was sent and as Drive was last seen to have it."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType, Self

from store import queries
from store.database import Connection
from store.drive import DriveId
from store.record import AccountId, ConnectionId, WorkspaceId

LinkKey = NewType("LinkKey", bytes)
"""Names what a file is the copy of: 16 bytes, hashed under the account's hash key. Also in the file's appProperties."""

_SQL = queries.load("drive")
_PAGE = 1000


class Role(StrEnum):
    """What a file is for."""

    ROOT = "root"
    APP = "app"
    WORKSPACE = "workspace"
    FILES = "files"
    RECORDS = "records"
    SHEET = "sheet"
    FILE = "file"
    README = "readme"

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self in {Role.ROOT, Role.APP, Role.WORKSPACE, Role.FILES}


class Bin(StrEnum):
    """Whether a file was thrown away."""

    OUT = "out"
    IN = "in"
    """It lies in the bin, itself: not merely within a folder that does."""
    GONE = "gone"
    """Deleted for good, or out of Holdfast's reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One row. Hashes are under the account's hash key."""

    key: LinkKey
    role: Role
    connection_id: ConnectionId | None = None
    workspace_id: WorkspaceId | None = None
    file_id: str | None = None
    """None: a sheet that was asked for, whose id nobody has told us yet."""
    is_made: bool = False
    """False: asked for, and the answer did not come yet."""
    parent_id: str | None = None
    """The folder's id as sent; as are the next."""
    name_hash: bytes | None = None
    source: bytes | None = None
    """A hash of what the content was made of: equal sources make equal content."""
    content_hash: bytes | None = None
    """A hash of the content's SHA-256; None for folders and sheets."""
    ending_hash: bytes | None = None
    """Of content that is being sent: it may have arrived."""
    version: int | None = None
    """Of a sheet, after our last write."""
    is_unsure: bool = False
    """A sheet's cells are being written, or what was due could not be sent: it has to be looked at again."""
    columns: list[str] | None = None
    """Of a sheet, in their order for all time."""
    sealed_session: bytes | None = field(default=None, repr=False)
    session_source: bytes | None = None
    session_at: datetime | None = None
    seen_name_hash: bytes | None = None
    """As Drive was last seen to have it; as are the next."""
    seen_parent_id: str | None = None
    seen_bin: Bin = Bin.OUT
    seen_content_hash: bytes | None = None
    seen_version: int | None = None
    sheet_id: int | None = None
    """Of a sheet's first tab, once it was asked for."""

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read a row."""
        fields = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**fields | {"role": Role(row["role"]), "seen_bin": Bin(row["seen_bin"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRow:
    """One row of a sheet as it was sent. Hashes of 8 bytes, under the account's hash key."""

    external_id: str
    source: bytes
    """Of what it was made of; empty where that is not known."""
    digest: bytes | None
    """Of its cells; None for one that was never sent to its end."""
    pending: bytes | None = None
    """Of cells that are being sent: they may have arrived."""


_COLUMNS = tuple(Link.__dataclass_fields__)


async def put(connection: Connection, account_id: AccountId, destination_id: DriveId, link: Link) -> None:
    """Keep a link, as a whole."""
    values = {name: getattr(link, name) for name in _COLUMNS}
    await connection.execute(_SQL.put_link, account_id, destination_id, *values.values())


async def some(connection: Connection, destination_id: DriveId, keys: Iterable[LinkKey]) -> dict[LinkKey, Link]:
    """Read those of these that there are."""
    return _by_key(await connection.fetch(_SQL.links, destination_id, list(keys)))


async def of_files(connection: Connection, destination_id: DriveId, file_ids: Iterable[str]) -> dict[str, Link]:
    """Read the links of some files, by file id."""
    rows = await connection.fetch(_SQL.links_of_files, destination_id, list(file_ids))
    return {row["file_id"]: Link.of(row) for row in rows}


async def of_roles(
    connection: Connection, destination_id: DriveId, connection_id: ConnectionId, roles: Iterable[Role]
) -> dict[LinkKey, Link]:
    """Read a connection's links of some roles."""
    return _by_key(await connection.fetch(_SQL.links_of_connection, destination_id, connection_id, list(roles)))


async def of_workspaces(
    connection: Connection,
    destination_id: DriveId,
    connection_id: ConnectionId,
    workspace_ids: Iterable[WorkspaceId],
) -> dict[LinkKey, Link]:
    """Read all links of some workspaces."""
    rows = await connection.fetch(_SQL.links_of_workspaces, destination_id, connection_id, list(workspace_ids))
    return _by_key(rows)


async def every(connection: Connection, destination_id: DriveId) -> AsyncIterator[list[Link]]:
    """Read all links, some at a time."""
    after: LinkKey | None = None
    while rows := await connection.fetch(_SQL.links_page, destination_id, after, _PAGE):
        links = [Link.of(row) for row in rows]
        yield links
        after = links[-1].key


async def unsettled(connection: Connection, destination_id: DriveId) -> dict[ConnectionId, set[WorkspaceId | None]]:
    """Return where something is unfinished, or was seen otherwise than it was sent: connection → workspaces."""
    found: dict[ConnectionId, set[WorkspaceId | None]] = {}
    for row in await connection.fetch(_SQL.unsettled, destination_id):
        found.setdefault(row["connection_id"], set()).add(row["workspace_id"])
    return found


async def drop(connection: Connection, destination_id: DriveId, keys: Iterable[LinkKey]) -> None:
    """Forget links, and the rows of those that are sheets."""
    await connection.execute(_SQL.drop_links, destination_id, list(keys))


async def count(connection: Connection, destination_id: DriveId) -> Mapping[Role, int]:
    """Count what lies in the Drive, by role."""
    return {Role(row["role"]): row["links"] for row in await connection.fetch(_SQL.count_links, destination_id)}


async def root_id(connection: Connection, destination_id: DriveId) -> str | None:
    """Return the id of the folder that everything lies in; None before it was made."""
    found: str | None = await connection.fetchval(_SQL.root_id, destination_id)
    return found


async def rows(connection: Connection, destination_id: DriveId, key: LinkKey) -> list[SentRow]:
    """Read a sheet's rows as they were sent, in the order of their ids."""
    found = await connection.fetch(_SQL.rows, destination_id, key)
    return [SentRow(**row) for row in found]


async def begin_rows(
    connection: Connection,
    account_id: AccountId,
    destination_id: DriveId,
    key: LinkKey,
    sending: Iterable[tuple[str, bytes]],
) -> None:
    """Say which rows of a sheet are about to be sent, as (id, digest)."""
    listed = list(sending)
    ids, digests = [external_id for external_id, _ in listed], [digest for _, digest in listed]
    await connection.execute(_SQL.begin_rows, account_id, destination_id, key, ids, digests)


async def put_rows(
    connection: Connection,
    account_id: AccountId,
    destination_id: DriveId,
    key: LinkKey,
    sent: Iterable[SentRow],
) -> None:
    """Keep rows of a sheet as they were just sent."""
    listed = list(sent)
    await connection.execute(
        _SQL.put_rows,
        account_id,
        destination_id,
        key,
        [row.external_id for row in listed],
        [row.source for row in listed],
        [row.digest for row in listed],
    )


async def drop_rows(
    connection: Connection, destination_id: DriveId, key: LinkKey, external_ids: Iterable[str] | None = None
) -> None:
    """Forget rows of a sheet; all of them where none are named."""
    if external_ids is None:
        await connection.execute(_SQL.drop_all_rows, destination_id, key)
    else:
        await connection.execute(_SQL.drop_rows, destination_id, key, list(external_ids))


def _by_key(found: Iterable[Any]) -> dict[LinkKey, Link]:
    return {LinkKey(row["key"]): Link.of(row) for row in found}

"""Steps between versions: many records at once, each at its own snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass

from store import queries
from store.database import Connection
from store.record import AccountId, ConnectionId, ContentId, ExternalId, Kind
from store.versions import Version, version_of

_SQL = queries.load("version_steps")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A record, and the snapshot to see it through."""

    connection_id: ConnectionId
    kind: Kind
    external_id: ExternalId
    seq: int


async def before(connection: Connection, account_id: AccountId, moments: Sequence[Moment]) -> list[Version | None]:
    """Return each record's newest version that began before its snapshot, in order."""
    return await _each(connection, _SQL.before, account_id, moments)


async def at(connection: Connection, account_id: AccountId, moments: Sequence[Moment]) -> list[Version | None]:
    """Return each record as its snapshot has it, in order."""
    return await _each(connection, _SQL.at, account_id, moments)


async def forward(
    connection: Connection,
    account_id: AccountId,
    connection_id: ConnectionId,
    kind: Kind,
    external_id: ExternalId,
    *,
    after_seq: int = 0,
    limit: int,
) -> list[Version]:
    """List a record's versions, oldest first, from above `after_seq` on."""
    rows = await connection.fetch(_SQL.forward, account_id, connection_id, kind, external_id, after_seq, limit)
    return [version_of(row) for row in rows]


async def count(
    connection: Connection,
    account_id: AccountId,
    connection_id: ConnectionId,
    kind: Kind,
    external_id: ExternalId,
    *,
    limit: int,
) -> int:
    """Count a record's versions, up to a limit."""
    return int(await connection.fetchval(_SQL.count, account_id, connection_id, kind, external_id, limit))


async def holds(
    connection: Connection,
    account_id: AccountId,
    connection_id: ConnectionId,
    kind: Kind,
    external_id: ExternalId,
    *,
    content_id: ContentId,
) -> bool:
    """Whether any version of the record has this content."""
    return bool(await connection.fetchval(_SQL.holds, account_id, connection_id, kind, external_id, content_id))


async def _each(
    connection: Connection, query: str, account_id: AccountId, moments: Sequence[Moment]
) -> list[Version | None]:
    rows = await connection.fetch(
        query,
        [moment.connection_id for moment in moments],
        [moment.kind for moment in moments],
        [moment.external_id for moment in moments],
        [moment.seq for moment in moments],
        account_id,
    )
    found = {row["ordinal"]: version_of(row) for row in rows}
    return [found.get(ordinal) for ordinal in range(1, len(moments) + 1)]

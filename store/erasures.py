"""Erasures of chosen records: what is asked, what that comes to, and what stands for what is gone.

A record's content is erased, not its place: its key, its times, its size, its content id and the commitment of its
audit leaf stay, so that every root, proof and journal stays true. Whoever holds the account's keys could test a guess
of the content with them; nobody can read it. A content that another record shares, which is not erased, stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from store import canonical, prove, statement
from store.database import Connection
from store.errors import Invalid, NotFound
from store.holds import valid_reason
from store.keys import AccountKeys, open_secret, seal_secret
from store.queries import load
from store.record import AccountId, ConnectionId, ContentId, ErasureId, ExternalId, JsonObject, Kind
from store.repository import Repository

MOST_RECORDS = 1000
"""Named in one request; what belongs to them comes on top."""

_SQL = load("erasure")
_PURPOSE = "erasure request"
_REVISION = b"revision\0"


class Chosen(NamedTuple):
    """A record that is to be erased."""

    connection_id: ConnectionId
    kind: Kind
    external_id: ExternalId


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked: these records, and every state that holds these words."""

    records: Sequence[Chosen]
    with_children: bool
    """And all that ever belonged to them."""
    mentioning: str | None
    reason: str
    by: str

    def columns(self) -> tuple[list[ConnectionId], list[Kind], list[ExternalId]]:
        """The records by the column."""
        return (
            [one.connection_id for one in self.records],
            [one.kind for one in self.records],
            [one.external_id for one in self.records],
        )


class Extent(NamedTuple):
    """How much an erasure erases."""

    records: int
    versions: int
    size_bytes: int
    """Of content, as canonical JSON; files not counted."""


async def create(connection: Connection, keys: AccountKeys, request: Request) -> ErasureId:
    """Keep a request. Invalid when it asks for nothing or too much, NotFound when a record is not held."""
    if not request.records and not (request.mentioning or "").strip():
        raise Invalid("an erasure names records, or words")
    if len(request.records) > MOST_RECORDS:
        raise Invalid(f"an erasure names at most {MOST_RECORDS} records")
    held = await connection.fetch(_SQL.records_held, keys.account_id, *request.columns())
    if len(held) < len(set(request.records)):
        missing = set(request.records) - {Chosen(*row) for row in held}
        raise NotFound(f"no record {'/'.join(map(str, min(missing)))} ({len(missing)} missing)")
    erasure_id = ErasureId(uuid4())
    valid_reason(request.reason)
    sealed = sealed_request(keys, request)
    await connection.execute(_SQL.create, erasure_id, keys.account_id, sealed)
    return erasure_id


async def get(connection: Connection, keys: AccountKeys, erasure_id: ErasureId) -> tuple[Request, datetime | None]:
    """Read a request, and when it was done; NotFound when this account has none of that id."""
    row = await connection.fetchrow(_SQL.get, keys.account_id, erasure_id)
    if row is None:
        raise NotFound(f"no erasure {erasure_id}")
    said: JsonObject = canonical.decode(open_secret(keys, row["sealed_request"], _PURPOSE))
    request = Request(
        records=[
            Chosen(ConnectionId(UUID(connection_id)), Kind(kind), ExternalId(external_id))
            for connection_id, kind, external_id in said["records"]
        ],
        with_children=said["with_children"],
        mentioning=said["mentioning"],
        reason=said["reason"],
        by=said["by"],
    )
    return request, row["erased_at"]


async def target_records(
    connection: Connection, account_id: AccountId, erasure_id: ErasureId, request: Request
) -> None:
    """Let the erasure erase every state of the records asked for. Idempotent; asked again, it adds what is new."""
    await connection.execute(_SQL.target_records, account_id, erasure_id, *request.columns(), request.with_children)


async def target_contents(
    connection: Connection, account_id: AccountId, erasure_id: ErasureId, content_ids: Sequence[ContentId]
) -> None:
    """Let it erase these contents, in whatever record they are."""
    await connection.execute(_SQL.target_contents, account_id, erasure_id, content_ids)


async def extent(connection: Connection, erasure_id: ErasureId) -> Extent:
    """Say how much it erases."""
    row = await connection.fetchrow(_SQL.target_counts, erasure_id)
    assert row is not None
    return Extent(*row)


async def first(connection: Connection, erasure_id: ErasureId, limit: int) -> list[Chosen]:
    """List the first of the records that it erases something of."""
    return [Chosen(*row) for row in await connection.fetch(_SQL.first_targets, erasure_id, limit)]


async def done(connection: Connection, keys: AccountKeys, erasure_id: ErasureId, request: Request) -> None:
    """Note that it has happened. The words that were looked for are forgotten, too."""
    sealed = sealed_request(keys, replace(request, mentioning=None))
    await connection.execute(_SQL.erased, keys.account_id, erasure_id, sealed)


async def receipt(repository: Repository, erasure_id: ErasureId) -> tuple[JsonObject, bytes]:
    """Return the log's entry, and what discloses who erased what and why. NotFound before a checkpoint covers it."""
    async with repository.database.account(repository.account_id) as connection:
        rows = await connection.fetch(_SQL.entries, repository.account_id)
    for row in reversed(rows):
        entry: JsonObject = canonical.decode(row["entry"])
        if entry["scope"] == "records":
            document = bytes.fromhex(entry["document"].removeprefix("sha256:"))
            text = await statement.read(repository.backend, repository.keys, document)
            if canonical.decode(text)["erasure"] == str(erasure_id):
                proof = await prove.prove_receipt(repository, row["entry_no"])
                if proof is not None:
                    return entry, proof
    raise NotFound(f"no checkpoint covers erasure {erasure_id} yet")


async def forget(connection: Connection, account_id: AccountId, erasure_id: ErasureId) -> None:
    """Forget a request that came to nothing. Idempotent; one that has happened stays."""
    await connection.execute(_SQL.forget, account_id, erasure_id)


def revision_mac(keys: AccountKeys, revision: str) -> bytes:
    """Blind a file's revision: enough to tell that the app still has the same, and nothing else."""
    return keys.salt_of(_REVISION + revision.encode())


def sealed_request(keys: AccountKeys, request: Request) -> bytes:
    """Seal a request, as its row holds it."""
    said = {
        "records": [[str(one.connection_id), one.kind, one.external_id] for one in request.records],
        "with_children": request.with_children,
        "mentioning": request.mentioning,
        "reason": request.reason,
        "by": request.by,
    }
    return seal_secret(keys, canonical.encode(said), _PURPOSE)

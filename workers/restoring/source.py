"""Source: what is held, as a restore asks for it: one record, or the file that belongs to one."""

from connectors.writing import FileContent
from store import selection, versions
from store.errors import NotFound
from store.files import decode_recipe
from store.record import Record
from store.repository import Repository
from workers.restoring.asked import Asked
from workers.restoring.gather import record_of
from workers.restoring.plan import Key


class HeldSource:
    """One snapshot's records."""

    def __init__(self, repository: Repository, asked: Asked) -> None:
        self._repository = repository
        self._asked = asked
        self._connection_id = asked.source_connection_id
        self._seq = asked.seq

    async def record(self, key: Key) -> Record:
        """Read one. Corrupt or NotFound where it cannot be read."""
        async with self._repository.database.account(self._repository.account_id) as connection:
            version = await versions.as_of(connection, self._connection_id, *key, self._seq)
        if version is None:
            raise NotFound(f"snapshot {self._seq} has no {key[0]} {key[1]}")
        return self._asked.disguise(record_of(version, await self._repository.read(version.content_id)))

    async def file_of(self, key: Key) -> FileContent | None:
        """Open the file whose parent a record is; None where it has none."""
        async with self._repository.database.account(self._repository.account_id) as connection:
            version = await selection.file_of(connection, self._connection_id, self._seq, *key)
        if version is None:
            return None
        recipe = decode_recipe(await self._repository.read(version.content_id))
        return FileContent(
            name=recipe.name,
            media_type=recipe.media_type,
            size_bytes=recipe.size_bytes,
            open=lambda: self._repository.stream_file(recipe),
        )

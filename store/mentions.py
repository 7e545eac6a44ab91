"""Mentions: which stored contents hold certain words, found by reading all of them. There is no index to give away."""

from collections.abc import Awaitable, Callable

from store import canonical
from store.queries import load
from store.record import ContentId
from store.repository import Repository

_SQL = load("versions")
_CONTENTS_AT_ONCE = 500


async def mentioning(
    repository: Repository, words: str, told: Callable[[int, int], Awaitable[None]]
) -> list[ContentId]:
    """Return the contents of the account's records, of any time, that hold these words, in any case of letters.

    Looks at records as they are stored (their JSON, a file's name), not into files. `told`: how many were read, of how
    many. Memory: the ids of all contents.
    """
    wanted = canonical.encode(words.strip()).decode()[1:-1].casefold()
    async with repository.database.account(repository.account_id) as connection:
        rows = await connection.fetch(_SQL.contents, repository.account_id)
    found: list[ContentId] = []
    for start in range(0, len(rows), _CONTENTS_AT_ONCE):
        content_ids = [ContentId(row["content_id"]) for row in rows[start : start + _CONTENTS_AT_ONCE]]
        contents = await repository.read_many(content_ids)
        found += [ContentId(name) for name, plain in contents.items() if wanted in plain.decode().casefold()]
        await told(start + len(content_ids), len(rows))
    return found

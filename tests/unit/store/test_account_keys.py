from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from asyncpg.exceptions import PostgresError

from store import account_keys
from store.account_keys import create_account_keys, erase, find_wrapped_keys, load_account_keys, rotate
from store.backends.folder import FolderBackend
from store.database import Database
from store.errors import Conflict, Corrupt, KeyMissing
from store.keys import AccountKeys
from store.master_keys import MasterKeys, generate
from store.record import AccountId

OLD, NEW = generate(), generate()
BEFORE, AFTER = MasterKeys.from_text(OLD), MasterKeys.from_text(f"{NEW} {OLD}")
ONLY_NEW = MasterKeys.from_text(NEW)


@pytest.fixture
def backend(tmp_path: Path) -> FolderBackend:
    return FolderBackend(tmp_path / "store")


async def new_account(database: Database, backend: FolderBackend, masters: MasterKeys = BEFORE) -> AccountKeys:
    account_id = AccountId(uuid4())
    async with database.account(account_id) as connection:
        await insert_account(connection, account_id)
        return await create_account_keys(connection, backend, masters, account_id)


async def insert_account(connection, account_id: AccountId) -> None:
    await connection.execute("insert into accounts (account_id, name, time_zone) values ($1, 'A', 'UTC')", account_id)


async def load(database: Database, masters: MasterKeys, account_id: AccountId) -> AccountKeys:
    async with database.account(account_id) as connection:
        return await load_account_keys(connection, masters, account_id)


async def test_keys_lie_in_postgres_and_in_the_bucket(database: Database, backend: FolderBackend) -> None:
    keys = await new_account(database, backend)

    assert keys == await load(database, BEFORE, keys.account_id)
    assert keys == find_wrapped_keys(backend, BEFORE, keys.account_id)[0]


async def test_keys_are_never_replaced(database: Database, backend: FolderBackend) -> None:
    keys = await new_account(database, backend)

    async with database.account(keys.account_id) as connection:
        with pytest.raises(Conflict):
            await create_account_keys(connection, backend, BEFORE, keys.account_id)
    assert keys == await load(database, BEFORE, keys.account_id)


async def test_a_creation_that_was_interrupted_is_taken_over(database: Database, backend: FolderBackend) -> None:
    account_id = AccountId(uuid4())
    with suppress(PostgresError):
        async with database.account(account_id) as connection:
            await insert_account(connection, account_id)
            first = await create_account_keys(connection, backend, BEFORE, account_id)
            await connection.execute("select 1 / 0")
    with pytest.raises(KeyMissing):
        await load(database, BEFORE, account_id)
    async with database.account(account_id) as connection:
        await insert_account(connection, account_id)
        second = await create_account_keys(connection, backend, BEFORE, account_id)

    assert first == second
    assert second == await load(database, BEFORE, account_id)


async def test_rotation_wraps_all_anew(database: Database, backend: FolderBackend) -> None:
    accounts = [await new_account(database, backend) for _ in range(3)]

    changed = await rotate(database, backend, AFTER)

    assert {keys.account_id for keys in accounts} == set(changed)
    for keys in accounts:
        assert keys == await load(database, ONLY_NEW, keys.account_id)
        assert keys == find_wrapped_keys(backend, ONLY_NEW, keys.account_id)[0]
        names = list(backend.list(account_keys.object_prefix(keys.account_id)))
        assert [account_keys.object_prefix(keys.account_id) + AFTER.current_id] == names


async def test_rotation_may_be_repeated(database: Database, backend: FolderBackend) -> None:
    keys = await new_account(database, backend)
    await rotate(database, backend, AFTER)

    assert [] == await rotate(database, backend, AFTER)
    assert keys == await load(database, ONLY_NEW, keys.account_id)


class DyingFolder(FolderBackend):
    """A folder that dies after so many writes or deletions."""

    left = 0

    def put(self, key: str, data: bytes) -> bool:
        self._live()
        return super().put(key, data)

    def delete(self, keys) -> None:
        self._live()
        super().delete(keys)

    def _live(self) -> None:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1


@pytest.mark.parametrize("steps", range(5))
async def test_a_rotation_interrupted_anywhere_can_be_resumed(
    database: Database, backend: FolderBackend, steps: int
) -> None:
    accounts = [await new_account(database, backend) for _ in range(2)]
    dying = DyingFolder(backend.folder)
    dying.left = steps
    with suppress(KeyboardInterrupt):
        await rotate(database, dying, AFTER)

    for keys in accounts:
        assert keys == await load(database, AFTER, keys.account_id)
        assert keys == find_wrapped_keys(backend, AFTER, keys.account_id)[0]
    await rotate(database, backend, AFTER)
    for keys in accounts:
        assert keys == await load(database, ONLY_NEW, keys.account_id)
        assert keys == find_wrapped_keys(backend, ONLY_NEW, keys.account_id)[0]


async def test_rotation_stops_at_keys_that_differ(database: Database, backend: FolderBackend) -> None:
    keys = await new_account(database, backend)
    stranger = AccountKeys.generate(keys.account_id)
    name = account_keys.object_prefix(keys.account_id) + AFTER.current_id
    backend.put(name, AFTER.wrap(keys.account_id, stranger.to_plain()))

    with pytest.raises(Corrupt):
        await rotate(database, backend, AFTER)
    assert keys == await load(database, BEFORE, keys.account_id)


async def test_erasing_destroys_both(database: Database, backend: FolderBackend) -> None:
    keys, other = await new_account(database, backend), await new_account(database, backend)
    for _ in range(2):
        async with database.account(keys.account_id) as connection:
            await erase(connection, backend, keys.account_id)

    with pytest.raises(KeyMissing):
        await load(database, BEFORE, keys.account_id)
    with pytest.raises(KeyMissing):
        find_wrapped_keys(backend, BEFORE, keys.account_id)
    assert other == await load(database, BEFORE, other.account_id)


async def test_an_account_sees_its_own_keys_only(database: Database, backend: FolderBackend) -> None:
    keys, other = await new_account(database, backend), await new_account(database, backend)

    async with database.account(other.account_id) as connection:
        with pytest.raises(KeyMissing):
            await load_account_keys(connection, BEFORE, keys.account_id)

"""Catalog: what people set up comes back from the bucket, and nothing that opens a live app."""

from uuid import uuid4

import pytest

from store import accounts, catalog, connected_apps, grants, members, workspaces
from store.accounts import Account
from store.backends.folder import FolderBackend
from store.block import Codec
from store.catalog import PURPOSE, prefix
from store.database import Database
from store.errors import Corrupt, NotFound
from store.keys import AccountKeys, seal_secret
from store.members import Role
from store.record import AccountId, Kind, WorkspaceId

APP = "trello"


@pytest.fixture
def backend(tmp_path) -> FolderBackend:
    return FolderBackend(tmp_path)


@pytest.fixture
async def account(database: Database) -> Account:
    """An account with one of everything that a catalog has."""
    async with database.system() as connection:
        made = await accounts.create(connection, name="Acme", time_zone="Europe/Berlin")
        await members.create(
            connection, account_id=made.account_id, email="mary@example.com", name="Mary", role=Role.AUDITOR
        )
        connected = await connected_apps.create(
            connection, account_id=made.account_id, app=APP, name="Acme's boards", included=["w1"], excluded=["w2"]
        )
        keys = AccountKeys.from_plain(made.account_id, bytes(range(128)))
        await grants.put(
            connection,
            keys,
            account_id=made.account_id,
            connection_id=connected.connection_id,
            method="key_token",
            subject="mary",
            name="Mary",
            credentials={"token": "very secret"},
            expires_at=None,
        )
        await see(connection, keys, connected.connection_id, "Plans")
    return made


async def see(connection, keys: AccountKeys, connection_id, name: str) -> None:
    seen = workspaces.Seen(
        workspace_id=WorkspaceId("w1"), kind=Kind("board"), name=name, parent_workspace_id=None, in_scope=True
    )
    await workspaces.put(connection, keys, account_id=keys.account_id, connection_id=connection_id, seen=[seen])


def keys_of(account: Account) -> AccountKeys:
    return AccountKeys.from_plain(account.account_id, bytes(range(128)))


async def test_what_was_set_up_comes_back(database, backend, account):
    keys = keys_of(account)
    async with database.account(account.account_id) as connection:
        before = (
            await members.of_account(connection, account.account_id),
            await connected_apps.every(connection, account.account_id),
        )
    await catalog.keep(database, backend, keys)
    async with database.system() as connection:
        await connection.execute("delete from accounts where account_id = $1", account.account_id)
        await (await catalog.find(backend, keys)).restore(connection, keys)
        after = (
            await members.of_account(connection, account.account_id),
            await connected_apps.every(connection, account.account_id),
        )
        (seen,) = await workspaces.page(connection, account.account_id, after[1][0].connection_id, limit=10)

        assert account == await accounts.get(connection, account.account_id)
        assert before == after
        assert "Plans" == seen.name(keys)
        connection_id = after[1][0].connection_id
        assert {connection_id: []} == await grants.of_connections(connection, account.account_id, [connection_id])


async def test_what_did_not_change_is_not_written_again(database, backend, account):
    keys = keys_of(account)
    async with database.account(account.account_id) as connection:
        (connected,) = await connected_apps.every(connection, account.account_id)
    written = [await catalog.keep(database, backend, keys)]
    async with database.account(account.account_id) as connection:
        await see(connection, keys, connected.connection_id, "Plans")
    written.append(await catalog.keep(database, backend, keys))
    async with database.account(account.account_id) as connection:
        await see(connection, keys, connected.connection_id, "Better plans")
    written.append(await catalog.keep(database, backend, keys))

    assert [True, False, True] == written
    assert 1 == len(list(backend.list(prefix(account.account_id))))


async def test_a_catalog_holds_no_credentials(database, backend, account):
    keys = keys_of(account)
    await catalog.keep(database, backend, keys)
    found = await catalog.find(backend, keys)

    assert [] == found.rows("grants") == found.rows("api_tokens")


@pytest.mark.parametrize("payload", [b"", b"\0", b"\0{}", b"\0[]", b'\0{"v":2,"tables":{},"workspaces":[]}', b"\x09x"])
async def test_what_is_not_a_catalog_is_corrupt(backend, payload):
    keys = AccountKeys.generate(AccountId(uuid4()))
    backend.put(f"{prefix(keys.account_id)}20261126T040404.000000Z-00", seal_secret(keys, payload, PURPOSE))

    with pytest.raises(Corrupt, match="20261126T040404"):
        await catalog.find(backend, keys)


async def test_a_catalog_of_another_account_is_refused(database, backend, account):
    keys = keys_of(account)
    plain = b'{"v":1,"tables":{"accounts":[{"account_id":"00000000-0000-4000-8000-000000000001"}]},"workspaces":[]}'
    sealed = seal_secret(keys, bytes((Codec.STORED,)) + plain, PURPOSE)
    backend.put(f"{prefix(account.account_id)}20261126T040404.000000Z-00", sealed)

    async with database.system() as connection:
        with pytest.raises(Corrupt, match="of another"):
            await (await catalog.find(backend, keys)).restore(connection, keys)


async def test_without_a_catalog_there_is_none_to_be_found(backend):
    with pytest.raises(NotFound):
        await catalog.find(backend, AccountKeys.generate(AccountId(uuid4())))

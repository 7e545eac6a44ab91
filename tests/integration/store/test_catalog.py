"""The catalogue: accounts, members, tokens, connections, grants, workspaces and keys for repeats."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from store import accounts, connected_apps, grants, idempotency, members, oauth_flows, tokens, workspaces
from store.accounts import Account
from store.connected_apps import ConnectedApp, ConnectionStatus
from store.database import Connection, Database
from store.errors import Conflict, Corrupt, Invalid, NotFound
from store.grants import Grant, GrantStatus
from store.keys import AccountKeys
from store.members import Member, Role
from store.oauth_flows import OAuthFlow
from store.record import AccountId, ConnectionId, GrantId, Kind, MemberId, OperationId, TokenId, WorkspaceId
from store.tokens import ApiToken
from store.workspaces import Seen


@pytest.fixture
async def acme(database: Database) -> Account:
    async with database.system() as connection:
        return await accounts.create(connection, name="Acme", time_zone="Europe/Berlin")


@pytest.fixture
def keys(acme: Account) -> AccountKeys:
    return AccountKeys.generate(acme.account_id)


async def owner(connection: Connection, acme: Account) -> Member:
    return await members.create(
        connection, account_id=acme.account_id, email="Ada@Example.com ", name="Ada", role=Role.OWNER
    )


async def issue(connection: Connection, member: Member, expires_at: datetime | None = None) -> tuple[str, ApiToken]:
    return await tokens.issue_token(
        connection,
        account_id=member.account_id,
        member_id=member.member_id,
        name="CI",
        scopes=["b", "a", "a"],
        expires_at=expires_at,
    )


async def give(connection: Connection, keys: AccountKeys, row: ConnectedApp, token: str) -> Grant:
    return await grants.put(
        connection,
        keys,
        account_id=row.account_id,
        connection_id=row.connection_id,
        method="key_token",
        subject="ada",
        name="Ada Lovelace",
        credentials={"token": token},
        expires_at=None,
    )


async def test_account_is_changed_where_told(database: Database, acme: Account):
    async with database.account(acme.account_id) as connection:
        renamed = await accounts.update(connection, acme.account_id, name=" Acme Ltd ")

        assert ("Acme Ltd", "Europe/Berlin") == (renamed.name, renamed.time_zone)
        assert renamed == await accounts.get(connection, acme.account_id)
        assert [renamed] == await accounts.every(connection)


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\nb", "\0"])
def test_names_are_checked(name: str):
    with pytest.raises(Invalid):
        accounts.valid_name(name)


@pytest.mark.parametrize("time_zone", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "x" * 500])
def test_time_zones_are_checked(time_zone: str):
    with pytest.raises(Invalid):
        accounts.valid_time_zone(time_zone)


async def test_members_have_one_address_each(database: Database, acme: Account):
    async with database.account(acme.account_id) as connection:
        ada = await owner(connection, acme)

        assert ("ada@example.com", Role.OWNER) == (ada.email, ada.role)
        assert ada == await members.by_email(connection, acme.account_id, "ADA@example.com")
        assert [ada] == await members.of_account(connection, acme.account_id)
        with pytest.raises(Conflict):
            await owner(connection, acme)
        with pytest.raises(Invalid):
            await members.create(connection, account_id=acme.account_id, email="x", name="X", role=Role.VIEWER)
        with pytest.raises(NotFound):
            await members.get(connection, acme.account_id, MemberId(uuid4()))


async def test_token_lives_until_it_is_revoked_or_expires(database: Database, acme: Account):
    async with database.account(acme.account_id) as connection:
        ada = await owner(connection, acme)
        token, row = await issue(connection, ada)
        expired, _ = await issue(connection, ada, datetime.now(UTC) - timedelta(seconds=1))

        assert token.startswith("hf_")
        assert len(token) >= 43
        assert frozenset({"a", "b"}) == row.scopes
        assert (row, Role.OWNER) == await tokens.living(connection, tokens.fingerprint(token))
        assert await tokens.living(connection, tokens.fingerprint(expired)) is None
        revoked = await tokens.revoke(connection, acme.account_id, row.token_id)
        assert revoked.revoked_at is not None
        assert revoked == await tokens.revoke(connection, acme.account_id, row.token_id)
        assert await tokens.living(connection, tokens.fingerprint(token)) is None
        with pytest.raises(NotFound):
            await tokens.revoke(connection, acme.account_id, TokenId(uuid4()))


async def test_token_itself_is_not_kept(database: Database, acme: Account):
    async with database.account(acme.account_id) as connection:
        token, _ = await issue(connection, await owner(connection, acme))
        kept = await connection.fetchval("select api_tokens::text from api_tokens")

    assert token not in kept


async def test_pages_of_tokens_go_both_ways(database: Database, acme: Account):
    async with database.account(acme.account_id) as connection:
        ada = await owner(connection, acme)
        rows = [(await issue(connection, ada))[1] for _ in range(3)]
        rows.sort(key=lambda row: (row.created_at, row.token_id))
        beyond = (rows[1].created_at, rows[1].token_id)

        assert rows[2:] == await tokens.page(connection, acme.account_id, beyond=beyond, limit=9)
        assert rows[:1] == await tokens.page(connection, acme.account_id, beyond=beyond, backwards=True, limit=9)
        assert 2 == await tokens.count(connection, acme.account_id, limit=2)


async def test_connection_keeps_its_scope(database: Database, acme: Account):
    async with database.account(acme.account_id) as connection:
        made = await connected_apps.create(connection, account_id=acme.account_id, app="desk", name="Desk")
        assert (None, frozenset(), ConnectionStatus.ACTIVE) == (made.included, made.excluded, made.status)
        narrowed = await connected_apps.set_scope(
            connection, acme.account_id, made.connection_id, included=["b", "a"], excluded=[]
        )

        assert frozenset({"a", "b"}) == narrowed.included
        assert {made.connection_id: narrowed} == await connected_apps.some(
            connection, acme.account_id, [made.connection_id, ConnectionId(uuid4())]
        )
        assert [narrowed] == await connected_apps.page(connection, acme.account_id, app="desk", limit=5)
        assert 0 == await connected_apps.count(connection, acme.account_id, app="other", limit=5)
        with pytest.raises(NotFound):
            await connected_apps.get(connection, AccountId(uuid4()), made.connection_id)
        with pytest.raises(Invalid):
            connected_apps.scope_document(map(str, range(10_001)), [])


async def test_grant_is_sealed_and_replaced_in_place(database: Database, acme: Account, keys: AccountKeys):
    async with database.account(acme.account_id) as connection:
        row = await connected_apps.create(connection, account_id=acme.account_id, app="desk", name="Desk")
        first = await give(connection, keys, row, "one")
        await grants.set_status(connection, acme.account_id, first.grant_id, GrantStatus.LOST, "revoked")
        second = await give(connection, keys, row, "two")

        assert first.grant_id == second.grant_id
        assert (GrantStatus.WORKING, None) == (second.status, second.status_reason)
        assert ({"token": "two"}, "Ada Lovelace") == (second.credentials(keys), second.name(keys))
        assert {row.connection_id: [second]} == await grants.of_connections(
            connection, acme.account_id, [row.connection_id]
        )
        renewed = await grants.renew(
            connection,
            keys,
            account_id=acme.account_id,
            grant_id=second.grant_id,
            credentials={"token": "three"},
            expires_at=datetime(2030, 1, 1, tzinfo=UTC),
        )
        assert renewed == await grants.lock(connection, acme.account_id, second.grant_id)
        assert {"token": "three"} == renewed.credentials(keys)
        with pytest.raises(NotFound):
            await grants.get(connection, acme.account_id, GrantId(uuid4()))
    assert "two" not in repr(second)
    with pytest.raises(Corrupt):
        second.credentials(AccountKeys.generate(acme.account_id))


async def test_workspaces_are_seen_and_lost(database: Database, acme: Account, keys: AccountKeys):
    async with database.account(acme.account_id) as connection:
        row = await connected_apps.create(connection, account_id=acme.account_id, app="desk", name="Desk")

        async def see(workspace_id: str, name: str) -> None:
            await workspaces.put(
                connection,
                keys,
                account_id=acme.account_id,
                connection_id=row.connection_id,
                seen=[
                    Seen(
                        workspace_id=WorkspaceId(workspace_id),
                        kind=Kind("board"),
                        name=name,
                        parent_workspace_id=None,
                        in_scope=workspace_id == "a",
                    )
                ],
            )

        for workspace_id in "abc":
            await see(workspace_id, "first")
        await see("a", "second")
        listed = await workspaces.page(connection, acme.account_id, row.connection_id, limit=9)

        assert ["second", "first", "first"] == [workspace.name(keys) for workspace in listed]
        assert 1 == await workspaces.count(connection, acme.account_id, row.connection_id, in_scope=True, limit=9)
        backwards = await workspaces.page(
            connection, acme.account_id, row.connection_id, beyond=WorkspaceId("c"), backwards=True, limit=9
        )
        assert ["b", "a"] == [workspace.workspace_id for workspace in backwards]
        await workspaces.set_unreachable(
            connection, acme.account_id, row.connection_id, not_seen_since=datetime(2100, 1, 1, tzinfo=UTC)
        )
        found = await workspaces.some(connection, acme.account_id, [(row.connection_id, WorkspaceId("a"))])
        assert [False] == [workspace.reachable for workspace in found.values()]


async def test_idempotency_key_stands_for_its_first_answer(database: Database, acme: Account):
    operation_id = OperationId(uuid4())
    async with database.account(acme.account_id) as connection:
        named = (acme.account_id, "backupStart", "k")
        assert await idempotency.claim(connection, *named, {"a": 1, "b": 2}) is None
        await idempotency.settle(connection, *named, operation_id=operation_id)
        answered = await idempotency.claim(connection, *named, {"b": 2, "a": 1})

        assert answered is not None
        assert operation_id == answered.operation_id
        with pytest.raises(Conflict):
            await idempotency.claim(connection, *named, {"a": 2})
        await connection.execute("update idempotency set created_at = now() - interval '25 hours'")
        assert await idempotency.claim(connection, *named, {"a": 2}) is None
        await idempotency.forget(connection, *named)
        assert await idempotency.claim(connection, *named, {"a": 3}) is None


async def test_oauth_flow_is_finished_once(database: Database, acme: Account, keys: AccountKeys):
    flow = OAuthFlow(
        app="desk",
        code_verifier="v" * 43,
        redirect_uri="http://x/oauth/callback",
        name="Desk",
        connection_id=None,
        included=None,
        excluded=["w"],
    )
    async with database.account(acme.account_id) as connection:
        state = await oauth_flows.begin(connection, keys, acme.account_id, flow)
    async with database.system() as connection:
        assert acme.account_id == await oauth_flows.account_of(connection, state)
        with pytest.raises(NotFound):
            await oauth_flows.account_of(connection, state + "x")
    async with database.account(acme.account_id) as connection:
        assert flow == await oauth_flows.finish(connection, keys, acme.account_id, state)
        with pytest.raises(NotFound):
            await oauth_flows.finish(connection, keys, acme.account_id, state)
    assert "vvv" not in repr(flow)

"""Several grants, scopes of sight, and OAuth 2.0."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import oauth
from connectors.base import Complete, FullReason, Grant, Ledger, Vanished, WarningCode, Workspace
from connectors.call import Call
from connectors.errors import Forbidden, Retriable, Unauthorised
from connectors.http import Http, HttpSettings
from connectors.trello import kinds
from connectors.trello.sandbox import ManualClock, Sample, World, generate
from connectors.trello.sandbox.changes import boards as changes
from connectors.trello.sandbox.server import REDIRECT_URI
from connectors.trello.spec import OAUTH2
from tests.contract.connector import read


@pytest.fixture
def world() -> World:
    return generate(Sample(named_boards=2, cards_each=26, large_file_bytes=10_000, plain_boards=2, plain_cards=2))


def seen_boards(seen) -> set[str]:
    return {item.workspace_id for item in seen.of(Workspace) if item.kind == kinds.BOARD}


def codes(seen) -> list[str]:
    return [warning.code for warning in seen.warnings]


async def test_grants_together_see_what_each_of_them_sees(trello, world):
    names = [member["username"] for member in world.members][:3]
    alone = [seen_boards(await read(trello, grants=[trello.grant(name)])) for name in names]
    together = await read(trello, grants=[trello.grant(name) for name in names])

    assert set().union(*alone) == seen_boards(together)
    assert len({item.grant_id for item in together.of(Ledger) if item.workspace_id in seen_boards(together)}) > 1


async def test_content_does_not_depend_on_who_reads(trello, world):
    owner, *others = [member["username"] for member in world.members]
    first = (await read(trello, grants=[trello.grant(owner)])).contents()

    for name in others[:3]:
        other = (await read(trello, grants=[trello.grant(name)])).contents()
        both = first.keys() & other.keys()
        assert len(both) > 100
        assert {key: first[key] for key in both} == {key: other[key] for key in both}


async def test_a_board_that_one_grant_may_not_read_is_read_with_another(trello, world):
    names = [member["username"] for member in world.members][:3]
    grants = [trello.grant(name) for name in names]
    whole = await read(trello, grants=grants)
    shared = next(item for item in whole.of(Workspace) if item.kind == kinds.BOARD)
    trello.sandbox.fail(
        "status", f"GET /boards/{shared.workspace_id}/cards", status=401, body="unauthorized permission requested"
    )
    seen = await read(trello, grants=grants)

    assert whole.contents() == seen.contents()
    assert [] == codes(seen)


async def test_a_board_that_no_grant_may_read_is_a_warning_and_the_rest_goes_on(trello, world):
    board = next(iter(world.boards))
    trello.sandbox.fail(
        "status", f"GET /boards/{board['id']}", status=401, body="unauthorized permission requested", times=None
    )
    seen = await read(trello)

    assert [(WarningCode.FORBIDDEN, f"board/{board['id']}")] == [(w.code, w.where) for w in seen.warnings]
    assert board["id"] not in {item.workspace_id for item in seen.of(Complete)}
    assert len(seen_boards(seen)) - 1 == len({key[0] for key in seen.records} & seen_boards(seen))


async def test_a_grant_lost_in_the_middle_is_stood_in_for(trello, world):
    names = [member["username"] for member in world.members][:2]
    grants = [trello.grant(name) for name in names]
    await read(trello, grants=grants)
    trello.sandbox.fail("expired_token", "GET /boards/.*/actions")
    seen = await read(trello, grants=grants)

    assert WarningCode.GRANT_LOST in codes(seen)
    assert [] != [key for key in seen.records if key[1] == kinds.ACTION]


async def test_losing_the_last_grant_ends_the_read(trello):
    trello.sandbox.fail("expired_token", "GET /boards/.*/actions", times=None)

    with pytest.raises(Unauthorised):
        await read(trello)


async def test_a_board_that_is_lost_is_not_called_deleted(trello, world):
    first = await read(trello)
    lost = next(iter(seen_boards(first)))
    trello.sandbox.lose_access(trello.sandbox.owner["id"], lost)
    state = first.state
    for _ in range(4):
        seen = await read(trello, state=state)
        state = seen.state

        assert WarningCode.WORKSPACE_LOST in codes(seen)
        assert [] == seen.of(Vanished)
        assert lost not in {item.workspace_id for item in seen.of(Complete)}
    trello.sandbox.lose_access(trello.sandbox.owner["id"], lost, lost=False)
    back = await read(trello, state=state)
    assert [] == codes(back)


async def test_a_board_that_is_deleted_is_called_so_when_the_app_says_it_twice(trello, world):
    first = await read(trello)
    board = world.boards.get(next(iter(seen_boards(first))))
    with trello.sandbox.editing():
        changes.delete(world, board)
    second = await read(trello, state=first.state)
    third = await read(trello, state=second.state)
    fourth = await read(trello, state=third.state)

    assert ([WarningCode.WORKSPACE_LOST], []) == (codes(second), second.of(Vanished))
    assert [board["id"]] == [item.workspace_id for item in third.of(Vanished)]
    assert ([], []) == (codes(fourth), fourth.of(Vanished))


async def test_nothing_is_called_deleted_while_a_grant_is_lost(trello, world):
    first = await read(trello)
    board = world.boards.get(next(iter(seen_boards(first))))
    with trello.sandbox.editing():
        changes.delete(world, board)
    state = first.state
    for _ in range(3):
        seen = await read(trello, state=state, grants=[*trello.grants, trello.bad_grant()])
        state = seen.state
        assert [] == seen.of(Vanished)


async def test_people_are_listed_whole_by_a_full_read_only(trello):
    first = await read(trello, full=FullReason.FIRST)
    trello.edit()
    second = await read(trello, state=first.state)

    assert [1, 0] == [sum(kinds.MEMBER in item.kinds for item in seen.of(Complete)) for seen in (first, second)]


async def test_boards_of_a_workspace_that_nobody_joined_are_read(trello, world):
    owner = trello.sandbox.owner
    before = seen_boards(await read(trello))
    with trello.sandbox.editing():
        board = next(board for board in world.boards if board["id"] in before and board["idOrganization"])
        owner["idBoards"].remove(board["id"])
        board["prefs"]["permissionLevel"] = "org"
    joined = await read(trello)

    assert before == seen_boards(joined)


class TestOAuth2:
    """Signing in with Atlassian."""

    @pytest.fixture
    def world(self) -> World:
        made = generate("tiny")
        made.clock = ManualClock(made.clock.now())
        return made

    async def signed_in(self, trello, *, for_restores: bool = False) -> Grant:
        verifier = oauth.new_verifier()
        url = trello.connector.authorize_url(
            redirect_uri=REDIRECT_URI,
            state="the state",
            code_challenge=oauth.challenge(verifier),
            for_restores=for_restores,
        )
        http = Http(HttpSettings(allow_private=True))
        answer = await http.request(Call(url=url))
        await http.aclose()
        back = parse_qs(urlsplit(answer.headers["location"]).query)
        assert ["the state"] == back["state"]
        credentials = await trello.connector.exchange(
            code=back["code"][0], code_verifier=verifier, redirect_uri=REDIRECT_URI
        )
        return Grant(grant_id="o", method=OAUTH2, credentials=credentials)

    async def test_it_reads_as_the_key_does(self, trello):
        grant = await self.signed_in(trello)
        whole, seen = await read(trello), await read(trello, grants=[grant])

        assert whole.contents() == seen.contents()
        identity = await trello.connector.identify(grant)
        assert trello.sandbox.owner["id"] == identity.subject
        assert identity.expires_at == trello.world.clock.now() + timedelta(hours=1)

    @pytest.mark.parametrize("for_restores", [False, True])
    async def test_it_may_write_where_that_was_asked_for(self, trello, for_restores):
        grant = await self.signed_in(trello, for_restores=for_restores)
        identity = await trello.connector.identify(grant)

        assert for_restores == trello.connector.writing.may_write(identity.scopes)

    async def test_a_fresh_token_is_not_refreshed(self, trello):
        grant = await self.signed_in(trello)

        assert await trello.connector.refresh(grant) is None
        assert await trello.connector.refresh(trello.grant()) is None

    async def test_a_token_about_to_end_is_refreshed_and_the_old_one_works_once(self, trello):
        grant = await self.signed_in(trello)
        trello.world.clock.advance(3300)
        fresh = await trello.connector.refresh(grant)

        assert fresh is not None
        assert fresh["refresh_token"] != grant.credentials["refresh_token"]
        renewed = Grant(grant_id="o", method=OAUTH2, credentials=fresh)
        assert (await read(trello, grants=[renewed])).records
        with pytest.raises(Unauthorised) as raised:
            await trello.connector.refresh(grant)
        assert grant.credentials["refresh_token"] not in str(raised.value)

    async def test_a_token_that_ends_in_the_middle_is_retriable(self, trello):
        grant = await self.signed_in(trello)
        trello.world.clock.advance(3700)

        with pytest.raises(Retriable):
            await read(trello, grants=[grant])

    async def test_a_wrong_verifier_is_refused(self, trello):
        grant = await self.signed_in(trello)

        with pytest.raises(Unauthorised):
            await trello.connector.exchange(code="used", code_verifier="wrong", redirect_uri=REDIRECT_URI)
        assert grant.credentials["access_token"] not in repr(grant)


class TestFiles:
    """Downloads: credentials to Trello, none to the storage it redirects to."""

    async def test_the_storage_never_sees_credentials(self, trello):
        seen = await read(trello)
        trello.sandbox.services.requests.clear()
        file = next(iter(seen.files.values()))
        async with file.open() as stream:
            found = b"".join([piece async for piece in stream])

        (api,), storage = trello.sandbox.services.requests, trello.sandbox.services.downloads[-1]
        assert file.size_bytes == len(found)
        assert "/download/" in api.path
        assert "authorization" in api.headers
        assert "authorization" not in storage.headers
        assert trello.sandbox.token not in str(storage.headers) + storage.query

    async def test_a_file_one_may_not_see_says_nothing_of_the_grant(self, trello):
        seen = await read(trello)
        trello.sandbox.fail("status", "download", status=401, body="unauthorized card permission requested")

        with pytest.raises(Forbidden):
            await fetch(next(iter(seen.files.values())))

    async def test_a_dead_grant_is_unauthorised(self, trello):
        seen = await read(trello)
        trello.sandbox.fail("expired_token", "download")

        with pytest.raises(Unauthorised):
            await fetch(next(iter(seen.files.values())))


async def fetch(file) -> bytes:
    async with file.open() as stream:
        return b"".join([piece async for piece in stream])

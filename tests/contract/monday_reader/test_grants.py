"""Several people's grants: together they see more, and stand in for each other."""

from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.base import Grant, Workspace
from connectors.errors import Refused, Unauthorised
from connectors.monday import kinds
from connectors.monday.sandbox.changes import boards, docs, items
from connectors.monday.spec import OAUTH2, TOKEN
from connectors.oauth import challenge, new_verifier
from tests.contract.connector import read
from tests.contract.monday_reader.test_detection import cycle

BELA = "bela@quayside.example"


@pytest.fixture
def private(monday, world):
    """A board, and a document, that Bela alone sees."""
    bela = next(user for user in world.users.values() if user.email == BELA)
    with monday.sandbox.editing():
        board = boards.create(world, bela, "Bela's own", kind="private", empty=True)
        items.create(world, bela, board, "secret")
        workspace = next(each for each in world.workspaces.values() if each.name == "Roastery")
        doc = docs.create(world, bela, "Bela's diary", kind="private", workspace_id=workspace.id)
        docs.add_markdown(world, bela, doc, "dear diary")
    return board, doc


async def test_what_one_does_not_see_another_may(monday, private):
    board, doc = private
    alone = await read(monday)
    together = await read(monday, grants=[monday.grant(), monday.grant(BELA)])

    assert str(board.id) not in {item.workspace_id for item in alone.of(Workspace)}
    assert str(board.id) in {item.workspace_id for item in together.of(Workspace)}
    found = {key[2] for key in together.records if key[1] == kinds.DOC}
    assert str(doc.id) in found - {key[2] for key in alone.records if key[1] == kinds.DOC}
    blocks = {record.parent.external_id for key, record in together.records.items() if key[1] == kinds.DOC_BLOCK}
    assert str(doc.id) in blocks


async def test_what_a_lost_grant_saw_is_not_called_deleted(monday, private):
    _, doc = private
    both = [monday.grant(), monday.grant(BELA)]
    first = await read(monday, grants=both)
    monday.sandbox.services.credentials.revoke(monday.sandbox.tokens[BELA].secret)
    second, after = await cycle(monday, first, grants=both)
    # Afterwards the grant is not even given any more.
    third, last = await cycle(monday, after, grants=monday.grants)

    assert {"GRANT_LOST", "WORKSPACE_LOST"} == {warning.code for warning in second.warnings}
    assert {"WORKSPACE_LOST"} == {warning.code for warning in third.warnings}
    assert first.records.keys() <= last.records.keys()
    assert any(key[1] == kinds.DOC and key[2] == str(doc.id) for key in last.records)


async def test_no_grant_left_is_unauthorised(monday):
    monday.sandbox.services.credentials.revoke(monday.sandbox.token)

    with pytest.raises(Unauthorised):
        await read(monday)


@pytest.mark.parametrize("secret", ["", "two words", "naïve", "line\nbreak"])
async def test_a_token_that_cannot_be_one_is_refused_before_it_is_sent(monday, secret):
    grant = Grant(grant_id="x", method=TOKEN, credentials={TOKEN: secret})

    with pytest.raises(Refused) as raised:
        await monday.connector.identify(grant)
    assert not secret or secret not in str(raised.value)
    assert [] == monday.asked()


async def signed_in(monday):
    verifier, uri = new_verifier(), monday.sandbox.app.redirect_uris[0]
    url = monday.connector.authorize_url(redirect_uri=uri, state="s", code_challenge=challenge(verifier))
    assert url.startswith(f"{monday.sandbox.url}/oauth2/authorize?")
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    code = parse_qs(urlsplit(monday.sandbox.oauth.authorize(query)).query)["code"][0]
    return await monday.connector.exchange(code=code, code_verifier=verifier, redirect_uri=uri)


async def test_a_person_who_signs_in_is_known_by_the_token(monday):
    credentials = await signed_in(monday)
    grant = Grant(grant_id="o", method=OAUTH2, credentials=credentials)

    identity = await monday.connector.identify(grant)

    assert (str(monday.sandbox.owner.id), monday.sandbox.owner.name) == (identity.subject, identity.name)
    assert "boards:read" in identity.scopes
    assert "boards:write" not in identity.scopes
    assert identity.expires_at is None
    assert None is await monday.connector.refresh(grant)
    assert (await read(monday, grants=[grant])).records


async def test_a_token_that_ends_is_renewed(monday):
    monday.sandbox.app.rotates = True
    credentials = await signed_in(monday)
    soon = {**credentials, "expires_at": monday.world.clock.now().isoformat()}

    renewed = await monday.connector.refresh(Grant(grant_id="o", method=OAUTH2, credentials=soon))

    assert renewed["access_token"] != credentials["access_token"]
    identity = await monday.connector.identify(Grant(grant_id="o", method=OAUTH2, credentials=renewed))
    assert identity.expires_at is not None

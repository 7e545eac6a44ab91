"""Who may see what, and in which words the rest is refused."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest

from connectors.trello.sandbox import ManualClock, Sandbox
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import boards
from tests.contract.trello.rich import Rich

Headers = dict[str, str]


def _oauth(key: str, token: str) -> Headers:
    return {"Authorization": f'OAuth oauth_consumer_key="{key}", oauth_token="{token}"'}


@pytest.fixture
def bare(bench: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{bench.url}/1") as bare:
        yield bare


def _text(reply: httpx.Response) -> tuple[int, str, str]:
    return reply.status_code, reply.text, reply.headers["content-type"]


PLAIN = "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "send",
    [
        lambda c, key, token: c.get("/members/me", headers=_oauth(key, token)),
        lambda c, key, token: c.get("/members/me", params={"key": key, "token": token}),
        lambda c, key, token: c.get(
            "/members/me",
            headers={"Authorization": f'oauth oauth_consumer_key = "{key}",oauth_nonce="1", oauth_token="{token}"'},
        ),
    ],
    ids=["header", "query", "signed header"],
)
def test_key_and_token_are_taken(
    bench: Sandbox, bare: httpx.Client, send: Callable[[httpx.Client, str, str], httpx.Response]
) -> None:
    reply = send(bare, bench.key, bench.token)

    assert (200, bench.owner["username"]) == (reply.status_code, reply.json()["username"])


@pytest.mark.parametrize("how", ["json", "data"])
def test_key_and_token_are_taken_from_the_body_of_a_write(bench: Sandbox, bare: httpx.Client, how: str) -> None:
    sent = {"key": bench.key, "token": bench.token, "name": "Made with a body", "defaultLists": "false"}
    reply = bare.post("/boards", **{how: sent})

    assert (200, "Made with a body") == (reply.status_code, reply.json()["name"])


def test_refusals_are_plain_text(bench: Sandbox, bare: httpx.Client) -> None:
    key, token = bench.key, bench.token

    assert (401, "invalid key", PLAIN) == _text(bare.get("/members/me", headers=_oauth("0" * 32, token)))
    assert (401, "invalid token", PLAIN) == _text(bare.get("/members/me", headers=_oauth(key, "ATTA0")))
    assert (401, "invalid token", PLAIN) == _text(bare.get("/members/me"))
    assert (401, "missing scopes", PLAIN) == _text(bare.post("/boards", params={"key": key, "name": "x"}))
    assert (401, "unauthorized permission requested", PLAIN) == _text(bare.get("/members/me", params={"key": key}))


def test_form_of_an_id_is_looked_at_before_credentials(bare: httpx.Client) -> None:
    assert (400, "invalid id", PLAIN) == _text(bare.get("/boards/not-an-id", headers=_oauth("0", "0")))


def test_every_reply_has_the_rate_headers(bench: Sandbox, bare: httpx.Client) -> None:
    replies = [
        bare.get("/members/me", headers=_oauth(bench.key, bench.token)),
        bare.get("/members/me", headers=_oauth(bench.key, "ATTA0")),
        bare.get("/boards/not-an-id", headers=_oauth(bench.key, bench.token)),
        bare.get(f"/boards/{'0' * 24}", headers=_oauth(bench.key, bench.token)),
    ]

    assert [("10000", "300")] * 4 == [
        (x.headers["x-rate-limit-api-key-interval-ms"], x.headers["x-rate-limit-api-key-max"]) for x in replies
    ]
    assert all("x-rate-limit-api-token-remaining" in x.headers and "retry-after" not in x.headers for x in replies)


def test_what_is_not_there_is_not_found(client: httpx.Client) -> None:
    for path in ("boards", "cards", "lists", "labels", "checklists", "actions", "customFields", "webhooks"):
        reply = client.get(f"/{path}/{'0' * 24}")

        assert (404, "The requested resource was not found.", PLAIN) == _text(reply), path


def test_board_of_others_is_refused(bench: Sandbox, bare: httpx.Client, rich: Rich) -> None:
    stranger = next(name for name in bench.tokens if name not in {rich.me["username"], rich.friend["username"]})
    with bench.editing() as world:
        boards.update(world, Actor(member=rich.me), rich.board, {}, {"permissionLevel": "private"})
    headers = _oauth(bench.key, bench.tokens[stranger].secret)

    assert (401, "unauthorized permission requested") == _text(
        bare.get(f"/boards/{rich.board['id']}", headers=headers)
    )[:2]
    assert (401, "unauthorized card permission requested") == _text(
        bare.get(f"/cards/{rich.card['id']}", headers=headers)
    )[:2]


def test_access_can_be_lost_and_come_back(bench: Sandbox, client: httpx.Client, rich: Rich) -> None:
    path = f"/boards/{rich.board['id']}"
    bench.lose_access(rich.me["id"], rich.board["id"])
    lost = client.get(path)
    listed = {board["id"] for board in client.get("/members/me/boards").json()}
    bench.lose_access(rich.me["id"], rich.board["id"], lost=False)

    assert (401, "unauthorized permission requested") == (lost.status_code, lost.text)
    assert rich.board["id"] not in listed
    assert 200 == client.get(path).status_code


def test_short_links_stand_for_ids_in_paths_alone(client: httpx.Client, rich: Rich) -> None:
    board = client.get(f"/boards/{rich.board['shortLink']}").json()
    card = client.get(f"/cards/{rich.card['shortLink']}").json()
    refused = client.post("/lists", params={"name": "x", "idBoard": rich.board["shortLink"]})

    assert (rich.board["id"], rich.card["id"]) == (board["id"], card["id"])
    assert (400, "invalid id") == (refused.status_code, refused.text)


def test_token_runs_out_and_is_revoked(sandbox: Sandbox) -> None:
    credentials = sandbox.services.credentials
    token = credentials.issue(sandbox.app, sandbox.owner["id"], lasts=timedelta(hours=1))
    with httpx.Client(base_url=f"{sandbox.url}/1", headers=_oauth(sandbox.key, token.secret)) as mine:
        shown = mine.get(f"/tokens/{token.secret}").json()
        assert isinstance(sandbox.world.clock, ManualClock)
        sandbox.world.clock.advance(3600)
        late = mine.get("/members/me")
    with httpx.Client(base_url=f"{sandbox.url}/1", headers=_oauth(sandbox.key, sandbox.token)) as mine:
        revoked = mine.delete(f"/tokens/{sandbox.token}/")
        after = mine.get("/members/me")

    assert "2026-09-01T13:00:00.000Z" == shown["dateExpires"]
    assert (401, "invalid token") == (late.status_code, late.text)
    assert (200, 401, "invalid token") == (revoked.status_code, after.status_code, after.text)


def test_token_for_reading_does_not_write(sandbox: Sandbox) -> None:
    token = sandbox.services.credentials.issue(sandbox.app, sandbox.owner["id"], scopes=frozenset({"read"}))
    with httpx.Client(base_url=f"{sandbox.url}/1", headers=_oauth(sandbox.key, token.secret)) as mine:
        read, written = mine.get("/members/me"), mine.post("/boards", params={"name": "x"})

    assert (200, 401, "unauthorized permission requested") == (read.status_code, written.status_code, written.text)


def test_what_is_private_about_a_person_is_shown_to_themself_alone(client: httpx.Client, rich: Rich) -> None:
    mine = client.get("/members/me").json()
    theirs = client.get(f"/members/{rich.friend['id']}").json()

    assert "email" in mine
    assert not {"email", "idBoards", "loginTypes", "prefs"} & theirs.keys()

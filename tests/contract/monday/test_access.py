"""Who gets in, in which version, and what one may see."""

import pytest


@pytest.mark.parametrize(
    ("version", "body"),
    [
        ("2024-07", {"errors": ["Not Authenticated"]}),
        ("2026-10", {"errors": [{"message": "Not authenticated", "extensions": {"code": "NOT_AUTHENTICATED"}}]}),
    ],
)
def test_a_token_that_opens_nothing(client, version, body):
    client.token = "none"

    reply = client.send("{ me { id } }", api_version=version)

    assert (401, body) == (reply.status_code, reply.json())
    assert "api-version" not in reply.headers


@pytest.mark.parametrize("form", ["{}", "Bearer {}"])
def test_a_token_with_and_without_bearer(client, form):
    client.token = form.format(client.token)

    assert client.sandbox.owner.name == client.ask("{ me { name } }")["me"]["name"]


@pytest.mark.parametrize(
    ("asked", "served", "kind"),
    [("2026-10", "2026-10", "current"), ("2026-07", "2026-07", "maintenance"), ("2031-01", "2026-10", "current")],
)
def test_an_answer_says_which_version_it_is(client, asked, served, kind):
    reply = client.send("{ version { kind value } }", api_version=asked)

    assert served == reply.headers["api-version"]
    assert {"kind": kind, "value": served} == reply.json()["data"]["version"]


def test_a_malformed_version_is_refused(client):
    reply = client.send("{ me { id } }", api_version="latest")

    assert 400 == reply.status_code
    assert "InvalidVersionException" == reply.json()["errors"][0]["extensions"]["code"]


def test_a_schema_error_tells_no_version(client):
    reply = client.send("{ me { nonsense } }")

    assert 200 == reply.status_code
    assert "api-version" not in reply.headers
    assert 'Cannot query field "nonsense" on type "User".' == reply.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"query": 5}', b'{"query": "{ me { id } }", "operationName": "x"}']
)
def test_a_body_that_is_none_is_refused(client, body):
    headers = {"authorization": client.token, "content-type": "application/json"}
    reply = client.http.post(client.sandbox.api_url, content=body, headers=headers)

    assert 400 == reply.status_code
    assert reply.json()["errors"]


def test_people_see_public_boards_and_those_they_are_on(client, world):
    def seen(mail):
        client.token = client.sandbox.tokens[mail].secret
        found = client.ask("{ boards(limit: 100, hierarchy_types: [classic, multi_level]) { name } }")["boards"]
        return {board["name"] for board in found}

    owner, member, guest = (seen(f"{name}") for name in (
        "ada@quayside.example", "bela@quayside.example", "fenna@paper.example"))  # fmt: skip

    assert {"Printing"} == guest
    assert owner - member == {"Renovation", "Printing"}


def test_access_can_be_lost_without_a_trace(client, world, full_board):
    world.lost.add((client.sandbox.owner.id, full_board.id))

    names = {board["name"] for board in client.ask("{ boards(limit: 100) { name } }")["boards"]}

    assert not [name for name in names if full_board.name in name]


def test_a_person_who_left_is_let_in_no_more(client, world):
    with client.sandbox.editing():
        client.sandbox.owner.status = "INACTIVE"

    assert 401 == client.send("{ me { id } }").status_code
    client.sandbox.owner.status = "ACTIVE"


def test_one_nested_field_can_be_forbidden_and_the_rest_is_answered(client):
    client.sandbox.fail("field", field_name="Board.activity_logs")

    body = client.send("{ boards(limit: 2) { id activity_logs { id } } }").json()

    assert [None, None] == [board["activity_logs"] for board in body["data"]["boards"]]
    assert [["boards", 0, "activity_logs"], ["boards", 1, "activity_logs"]] == [x["path"] for x in body["errors"]]

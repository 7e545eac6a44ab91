"""Uploads: in both multipart forms, behind addresses that work for an hour and for anybody."""

import httpx
import pytest

from connectors.monday.sandbox.storage import pieces

ADD = """mutation add_file($file: File!) {
    add_file_to_column(item_id: "%s", column_id: "papers", file: $file) { id name file_size file_extension } }"""
CONTENT = b"\r\n--x\r\n\x00\xff" * 100


@pytest.fixture
def item(world, full_board):
    return world.items[full_board.item_ids[1]]


def upload(client, query, **more):
    files = more.pop("files", {"variables[file]": ("naïve “list”.pdf", CONTENT, "application/pdf")})
    headers = {"authorization": client.token}
    return client.http.post(
        f"{client.sandbox.api_url}/file", data={"query": query, **more}, files=files, headers=headers
    )


def test_a_file_is_put_into_a_cell_beside_what_is_there(client, item, world):
    before = len((item.values.get("papers") or {}).get("files", ()))

    body = upload(client, ADD % item.id).json()

    assert world.account_id == body["account_id"]
    made = world.assets[int(body["data"]["add_file_to_column"]["id"])]
    assert CONTENT == b"".join(pieces(made))
    assert (".pdf", len(CONTENT)) == (made.file_extension, made.file_size)
    assert before + 1 == len(item.values["papers"]["files"])


def test_the_form_of_the_official_client(client, item, world):
    query = ADD % item.id
    data = {"query": query, "variables": "{}", "map": '{"image": "variables.file"}'}
    reply = client.http.post(
        f"{client.sandbox.api_url}/file",
        data=data,
        files={"image": ("a.png", CONTENT, "image/png")},
        headers={"authorization": client.token},
    )

    assert "a.png" == reply.json()["data"]["add_file_to_column"]["name"]


def test_a_column_that_holds_no_files_breaks_the_app(client, item):
    reply = upload(client, (ADD % item.id).replace('"papers"', '"status"'))

    assert 500 == reply.status_code
    assert "INTERNAL_SERVER_ERROR" == reply.json()["error_code"]


def test_a_file_on_an_update_and_on_a_reply(client, world):
    for message in list(world.messages.values())[:2]:
        query = f"mutation($file: File!) {{ add_file_to_update(update_id: {message.id}, file: $file) {{ id }} }}"
        made = upload(client, query).json()["data"]["add_file_to_update"]["id"]

        assert int(made) in message.asset_ids


def test_what_is_no_multipart_body_is_refused(client):
    reply = client.http.post(
        f"{client.sandbox.api_url}/file", json={"query": "{ me { id } }"}, headers={"authorization": client.token}
    )

    assert 400 == reply.status_code


def test_a_public_address_works_without_credentials_and_for_an_hour_only(client, world, clock):
    asset = next(iter(world.assets.values()))
    query = "query($i: [ID!]!) { assets(ids: $i) { public_url url } }"
    url = client.ask(query, i=[asset.id])["assets"][0]["public_url"]

    whole = client.http.get(url)
    with_token = client.http.get(url, headers={"authorization": client.token})
    forged = client.http.get(url[:-4] + "0000")
    clock.advance(3600)
    late = client.http.get(url)
    again = client.http.get(client.ask(query, i=[asset.id])["assets"][0]["public_url"])

    assert b"".join(pieces(asset)) == whole.content == again.content
    assert 400 == with_token.status_code
    assert {403} == {forged.status_code, late.status_code}
    assert "Request has expired" in late.text


def test_links_and_uploads_that_are_there_can_be_put_into_a_cell(client, item, world):
    asset = next(iter(world.assets.values()))
    query = """mutation($b: ID!, $i: ID!, $f: [FileInput!]!) {
        update_assets_on_item(board_id: $b, item_id: $i, column_id: "papers", files: $f) {
            column_values(ids: ["papers"]) { ... on FileValue { files { __typename
                ... on FileLinkValue { url kind name } ... on FileAssetValue { asset_id } } } } } }"""
    given = [
        {"fileType": "link", "name": "A page", "linkToFile": "https://example.com"},
        {"fileType": "asset", "name": asset.name, "assetId": asset.id},
    ]

    found = client.ask(query, b=item.board_id, i=item.id, f=given)

    link, held = found["update_assets_on_item"]["column_values"][0]["files"]
    assert {"__typename": "FileLinkValue", "url": "https://example.com", "kind": "link", "name": "A page"} == link
    assert str(asset.id) == held["asset_id"]


def test_clearing_a_cell_of_files(client, item):
    upload(client, ADD % item.id)
    query = """mutation($b: ID!, $i: ID!, $v: JSON!) {
        change_column_value(board_id: $b, item_id: $i, column_id: "papers", value: $v) { id } }"""
    client.ask(query, b=item.board_id, i=item.id, v='{"clear_all": true}')

    assert "papers" not in item.values


def test_where_an_item_s_uploads_are(client, world, full_board):
    item = next(world.items[found] for found in full_board.item_ids if world.items[found].gallery_ids)
    query = """query($i: [ID!]) { items(ids: $i) { c: assets(assets_source: columns) { id }
        g: assets(assets_source: gallery) { id } a: assets { id } } }"""

    found = client.ask(query, i=[item.id])["items"][0]

    assert [str(each) for each in item.gallery_ids] == [each["id"] for each in found["g"]]
    assert found["c"] + found["g"] == found["a"]


def test_downloads_are_counted(client, world):
    asset = next(iter(world.assets.values()))
    url = client.ask("query($i: [ID!]!) { assets(ids: $i) { public_url } }", i=[asset.id])["assets"][0]["public_url"]
    httpx.get(url)

    assert [str(asset.id)] == client.sandbox.services.downloads

"""Uploads are fetched with the header, from another origin, by an address that soon stops working."""

from io import BytesIO

import httpx
import pytest

from connectors.trello.sandbox import ManualClock, Sandbox
from tests.contract.trello.conftest import client_of
from tests.contract.trello.rich import Rich


@pytest.fixture
def path(rich: Rich) -> str:
    return f"/cards/{rich.card['id']}/attachments/{rich.attachment['id']}/download/a.png"


def test_url_of_an_upload_is_trellos_own(rich: Rich, path: str) -> None:
    assert f"https://trello.com/1{path}" == rich.attachment["url"]


def test_download_needs_the_header(bench: Sandbox, client: httpx.Client, path: str) -> None:
    with_query = httpx.get(f"{bench.url}/1{path}", params={"key": bench.key, "token": bench.token})
    with_nothing = httpx.get(f"{bench.url}/1{path}")
    with_header = client.get(path)

    assert (401, 401, 302) == (with_query.status_code, with_nothing.status_code, with_header.status_code)


def test_redirect_leads_to_another_origin_that_refuses_credentials(
    bench: Sandbox, client: httpx.Client, rich: Rich, path: str
) -> None:
    location = client.get(path).headers["location"]
    without = httpx.get(location)
    authorized = httpx.get(location, headers={"Authorization": client.headers["authorization"]})
    forged = httpx.get(location[:-1] + ("0" if location[-1] != "0" else "1"))

    assert location.startswith(bench.storage_url)
    assert bench.storage_url != bench.url
    assert (200, bench.world.blobs[rich.attachment["id"]]) == (without.status_code, without.content)
    assert "image/png" == without.headers["content-type"]
    assert (400, True) == (authorized.status_code, "<Code>InvalidArgument</Code>" in authorized.text)
    assert (403, True) == (forged.status_code, "SignatureDoesNotMatch" in forged.text)


def test_headers_that_the_storage_saw_are_kept(bench: Sandbox, client: httpx.Client, path: str) -> None:
    httpx.get(client.get(path).headers["location"], headers={"X-Mine": "1"})
    seen = bench.services.downloads[-1]

    assert "1" == seen.headers["x-mine"]
    assert "authorization" not in seen.headers


def test_address_expires(sandbox: Sandbox) -> None:
    with sandbox.editing() as world:
        rich = Rich.build(world, sandbox.owner)
    with client_of(sandbox) as mine:
        url = f"/cards/{rich.card['id']}/attachments/{rich.attachment['id']}/download/a.png"
        location = mine.get(url).headers["location"]
    assert isinstance(sandbox.world.clock, ManualClock)
    sandbox.world.clock.advance(300)
    late = httpx.get(location)

    assert (403, True) == (late.status_code, "Request has expired" in late.text)


def test_link_has_nothing_to_download(client: httpx.Client, rich: Rich) -> None:
    path = f"/cards/{rich.card['id']}/attachments"
    link = client.post(path, data={"url": "https://example.com/a?b=ü", "name": "there"}).json()
    reply = client.get(f"{path}/{link['id']}/download/there")

    assert (False, "https://example.com/a?b=ü", None, None) == (
        link["isUpload"], link["url"], link["bytes"], link["fileName"]
    )  # fmt: skip
    assert 404 == reply.status_code


@pytest.mark.parametrize("content", [b"", b"\r\n", b"--x\r\n\r\n--", bytes(range(256)) * 300])
def test_upload_gives_back_its_bytes(client: httpx.Client, rich: Rich, content: bytes) -> None:
    path = f"/cards/{rich.card['id']}/attachments"
    sent = client.post(
        path,
        data={"name": "Ünï ¢ode.bin", "setCover": "true"},
        files={"file": ("strange name;.bin", BytesIO(content), "application/x-thing")},
    ).json()
    got = httpx.get(client.get(f"{path}/{sent['id']}/download/{sent['fileName']}").headers["location"])

    assert (len(content), "application/x-thing", "Ünï ¢ode.bin") == (sent["bytes"], sent["mimeType"], sent["name"])
    assert content == got.content
    assert sent["id"] == client.get(f"/cards/{rich.card['id']}").json()["idAttachmentCover"]


def test_upload_without_file_or_address_is_refused(client: httpx.Client, rich: Rich) -> None:
    assert 400 == client.post(f"/cards/{rich.card['id']}/attachments", data={"name": "x"}).status_code

"""Downloads: short-lived signed addresses, whole files and parts."""

from datetime import timedelta

import httpx
import pytest

from api.downloads import Unsatisfiable, byte_range, disposition, media_type
from tests.acceptance.graphql.test_walk import record_id
from tests.api_fixtures import Client, Clock
from tests.api_world import FILE_BYTES

QUERY = """query ($id: ID!) { record(id: $id) { title version { file { name mediaType sizeBytes sha256 downloadUrl
    downloadUrlExpiresAt } } } }"""
TOTAL = len(FILE_BYTES)


@pytest.fixture
async def url(client: Client) -> str:
    found = await client.ask(QUERY, {"id": await record_id(client, "f1")})
    return found["record"]["version"]["file"]["downloadUrl"]


async def get(client: Client, url: str, method: str = "GET", **headers: str) -> httpx.Response:
    return await client.http.request(method, url, headers={name.replace("_", "-"): headers[name] for name in headers})


async def test_file_is_described(client: Client):
    found = (await client.ask(QUERY, {"id": await record_id(client, "f1")}))["record"]

    assert found["title"] == found["version"]["file"]["name"] == 'Plan "für" 2026.pdf'
    assert ("application/pdf", str(TOTAL)) == (
        found["version"]["file"]["mediaType"],
        found["version"]["file"]["sizeBytes"],
    )
    assert "2026-04-01T18:10:00Z" == found["version"]["file"]["downloadUrlExpiresAt"]


async def test_whole_file_without_a_token(client: Client, url: str):
    response = await get(client, url)

    assert (200, FILE_BYTES) == (response.status_code, response.content)
    assert "application/pdf" == response.headers["content-type"]
    assert "nosniff" == response.headers["x-content-type-options"]
    assert str(TOTAL) == response.headers["content-length"]
    assert response.headers["content-disposition"] == (
        "attachment; filename=\"Plan _f_r_ 2026.pdf\"; filename*=UTF-8''Plan%20%22f%C3%BCr%22%202026.pdf"
    )


async def test_part(client: Client, url: str):
    response = await get(client, url, range="bytes=100-299")

    assert (206, FILE_BYTES[100:300]) == (response.status_code, response.content)
    assert f"bytes 100-299/{TOTAL}" == response.headers["content-range"]


async def test_head_says_the_size(client: Client, url: str):
    response = await get(client, url, "HEAD")

    assert (200, b"", str(TOTAL)) == (response.status_code, response.content, response.headers["content-length"])


async def test_range_behind_the_end_cannot_be_satisfied(client: Client, url: str):
    response = await get(client, url, range=f"bytes={TOTAL}-")

    assert (416, f"bytes */{TOTAL}") == (response.status_code, response.headers["content-range"])


async def test_conditions(client: Client, url: str):
    etag = (await get(client, url)).headers["etag"]

    assert 304 == (await get(client, url, if_none_match=f'"other", {etag}')).status_code
    assert 206 == (await get(client, url, range="bytes=0-0", if_range=etag)).status_code
    assert 200 == (await get(client, url, range="bytes=0-0", if_range='"other"')).status_code


async def test_address_ends_with_its_time(client: Client, url: str, clock: Clock):
    clock.now += timedelta(minutes=10)

    assert 403 == (await get(client, url)).status_code


async def test_altered_addresses_are_refused_alike(client: Client, url: str):
    parts = url.split("/")
    signed = parts[-2]
    altered = [[*parts[:-2], other, "name"] for other in (signed[:-4] + "AAAA", signed[:10], "x", signed[::-1])]
    altered.append([*parts[:-3], "acc_AAAAAAAAAAAAAAAAAAAAAA", signed, "name"])
    answers = [await get(client, "/".join(each)) for each in altered]

    assert {403} == {answer.status_code for answer in answers}
    assert 1 == len({answer.content for answer in answers})


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-9", (0, 10)),
        ("bytes=90-", (90, 100)),
        ("bytes=90-500", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=5-4", None),
        ("bytes=0-1,5-6", None),
        ("lines=1-2", None),
        ("bytes=x-", None),
    ],
)
def test_byte_range(header: str, expected: tuple[int, int] | None):
    assert expected == byte_range(header, 100)


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0"])
def test_byte_range_that_holds_nothing(header: str):
    with pytest.raises(Unsatisfiable):
        byte_range(header, 100)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.txt", 'attachment; filename="a.txt"'),
        ("../../etc/passwd", 'attachment; filename=".._.._etc_passwd"'),
        ("a\r\nx: y", 'attachment; filename="a__x: y"'),
        ("", 'attachment; filename="file"'),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
    ],
)
def test_disposition(name: str, expected: str):
    assert expected == disposition(name)


@pytest.mark.parametrize("text", [None, "", "text", "text/html\r\nx: y", "text/ html"])
def test_what_is_no_media_type_is_bytes(text: str | None):
    assert "application/octet-stream" == media_type(text)

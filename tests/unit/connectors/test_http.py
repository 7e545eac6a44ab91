"""Http: retries what passes, refuses what it must, says nothing it should not."""

import gzip
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from email import message_from_bytes

import pytest

from connectors.call import Call, Passing, Reply, Upload
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone, Refused, Retriable, Unauthorised
from connectors.http import Http, HttpSettings
from connectors.pacing import Budget
from store.errors import Corrupt
from tests.unit.connectors.scripted import Cut, reply, scripted

SECRET = "t0p-secret-credential"
HEADERS = {"authorization": f"Bearer {SECRET}"}


class FakeTime:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Pace:
    initial: Sequence[Budget] = (Budget(name="one", limit=100, interval_seconds=10.0),)
    in_flight = 4

    def budgets(self, headers: Mapping[str, str]) -> Sequence[Budget]:
        return []

    def cooldown_seconds(self, headers: Mapping[str, str]) -> float:
        return 10.0


@asynccontextmanager
async def client(time: FakeTime | None = None, **settings) -> AsyncIterator[Http]:
    time = time or FakeTime()
    http = Http(HttpSettings(**{"allow_private": True, **settings}), clock=time.clock, sleep=time.sleep)
    try:
        yield http
    finally:
        await http.aclose()


async def read(http: Http, call: Call, **how) -> bytes:
    async with http.download(call, **how) as stream:
        return b"".join([piece async for piece in stream])


async def test_an_answer_comes_whole_and_decompressed():
    body = gzip.compress(b'{"a": 1}')
    async with scripted(reply(body=body, content_encoding="gzip")) as server, client() as http:
        answer = await http.request(Call(url=f"{server.url}/1/me", params={"fields": "id,name"}, headers=HEADERS))

    assert {"a": 1} == answer.json()
    assert "/1/me?fields=id%2Cname" == server.asked[0].target
    assert f"Bearer {SECRET}" == server.asked[0].headers["authorization"]


SLOW = b"HTTP/1.1 200 OK\r\n"
CUT = Cut(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{")


@pytest.mark.parametrize("fault", [reply(500), reply(503), reply(504), None, CUT])
async def test_passing_faults_are_retried_with_growing_waits(fault):
    time = FakeTime()
    async with scripted(fault, fault, reply(body=b'"ok"')) as server, client(time) as http:
        answer = await http.request(Call(url=server.url))

    assert "ok" == answer.json()
    assert [True, True] == [0.25 <= wait <= 1.0 for wait in time.slept]


async def test_a_fault_that_stays_is_raised_as_retriable():
    async with scripted(reply(502)) as server, client(attempts=3) as http:
        with pytest.raises(Retriable, match="GET /1/x answered 502, 3 times"):
            await http.request(Call(url=f"{server.url}/1/x?token={SECRET}"))

    assert 3 == len(server.asked)


async def test_patience_ends_before_a_wait_that_is_too_long():
    async with scripted(reply(503, retry_after="900")) as server, client() as http:
        with pytest.raises(Retriable) as raised:
            await http.request(Call(url=server.url))

    assert (1, 900.0) == (len(server.asked), raised.value.after_seconds)


async def test_a_429_is_honoured_with_retry_after():
    time = FakeTime()
    async with scripted(reply(429, retry_after="3"), reply()) as server, client(time) as http:
        await http.request(Call(url=server.url), pacer=http.pacer("g", Pace()))

    assert [3.0] == time.slept


async def test_a_429_without_it_costs_a_whole_window():
    time = FakeTime()
    async with scripted(reply(429), reply()) as server, client(time) as http:
        await http.request(Call(url=server.url), pacer=http.pacer("g", Pace()))

    assert [10.0] == time.slept


async def test_what_may_have_arrived_is_not_sent_twice_unless_that_is_harmless():
    async with scripted(None, reply()) as server, client() as http:
        with pytest.raises(Retriable, match="may have been carried out"):
            await http.request(Call(method="POST", url=server.url, json={}))

    assert 1 == len(server.asked)


async def test_a_refused_write_is_sent_again():
    async with scripted(reply(429), reply()) as server, client() as http:
        await http.request(Call(method="POST", url=server.url, json={}))

    assert 2 == len(server.asked)


async def test_a_slow_answer_is_a_passing_fault():
    async with scripted(SLOW) as server, client(read_seconds=0.05, attempts=2) as http:
        with pytest.raises(Retriable, match="GET /1/slow took too long, 2 times"):
            await http.request(Call(url=f"{server.url}/1/slow"))


async def test_nobody_listening_is_a_passing_fault():
    async with client(attempts=2) as http:
        with pytest.raises(Retriable, match="could not connect"):
            await http.request(Call(method="POST", url="http://127.0.0.1:1/1", json={}))


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, BadReply), (401, Unauthorised), (403, Forbidden), (404, Gone), (410, Gone), (302, Refused)],
)
async def test_statuses_mean_what_the_caller_does_about_them(status, error):
    body = b"invalid value for idList"
    async with scripted(reply(status, body, location="https://elsewhere.example/")) as server, client() as http:
        answer = await http.request(Call(url=f"{server.url}/1/x", headers=HEADERS))

    assert isinstance(answer.error(), error)
    assert 1 == len(server.asked)


async def test_an_error_says_what_the_app_said_in_a_few_words():
    texts = {
        b"invalid id": ": invalid id",
        b'{"message": "Rate limit", "error": "API_X"}': ": API_X Rate limit",
        b"<html>no</html>": "",
        b"": "",
        b'{"broken': "",
        b"x" * 500: ": " + "x" * 120,
    }
    said = []
    for text in texts:
        async with scripted(reply(400, text)) as server, client() as http:
            said.append(str((await http.request(Call(url=f"{server.url}/1/x"))).error()))

    assert [f"GET /1/x answered 400{words}" for words in texts.values()] == said


async def test_a_body_over_the_limit_is_refused_while_it_comes():
    async with scripted(reply(body=b"x" * 5000)) as server, client(max_body_bytes=1000) as http:
        with pytest.raises(Refused, match="more than 1000 bytes"):
            await http.request(Call(url=server.url))


async def test_a_small_body_that_unpacks_over_the_limit_is_refused():
    body = gzip.compress(b"\0" * 2_000_000)
    async with scripted(reply(body=body, content_encoding="gzip")) as server, client(max_body_bytes=100_000) as http:
        with pytest.raises(Refused):
            await http.request(Call(url=server.url))


async def test_a_body_that_does_not_unpack_is_a_bad_reply():
    async with scripted(reply(body=b"not gzip", content_encoding="gzip")) as server, client() as http:
        with pytest.raises(BadReply):
            await http.request(Call(url=server.url))


async def test_json_that_is_none_is_a_bad_reply_naming_the_request():
    async with scripted(reply(body=b'{"half": ')) as server, client() as http:
        answer = await http.request(Call(url=f"{server.url}/1/boards/5?token={SECRET}"))

    with pytest.raises(BadReply, match=r"^GET /1/boards/5 answered with something that is not JSON$"):
        answer.json()


async def test_loopback_is_refused_unless_configured():
    async with scripted(reply()) as server, client(allow_private=False) as http:
        for url in (server.url, server.url.replace("http:", "https:")):
            with pytest.raises(Refused):
                await http.request(Call(url=url))

    assert [] == server.asked


@pytest.mark.parametrize("address", ["10.0.0.8", "169.254.169.254", "::1", "::ffff:127.0.0.1", "127.0.0.1"])
async def test_a_public_name_with_a_private_address_is_refused(address):
    async def resolve(host: str, port: int) -> list[str]:
        return ["1.1.1.1", address]

    http = Http(HttpSettings(), resolve=resolve)
    with pytest.raises(Refused):
        await http.request(Call(url="https://attachments.example/file"))
    await http.aclose()


async def test_the_connection_goes_to_the_address_that_was_checked():
    asked = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    async with scripted(reply(body=b'"here"')) as server:
        http = Http(HttpSettings(allow_private=True), resolve=resolve)
        answer = await http.request(Call(url=server.url.replace("127.0.0.1", "localhost")))
        await http.aclose()

    assert ("here", ["localhost"]) == (answer.json(), asked)
    assert server.asked[0].headers["host"].startswith("localhost:")


async def test_cookies_are_neither_kept_nor_sent():
    async with scripted(reply(set_cookie="session=1; Path=/")) as server, client() as http:
        for _ in range(2):
            await http.request(Call(url=server.url))

    assert "cookie" not in server.asked[1].headers


async def test_a_download_follows_to_another_origin_without_credentials():
    async with scripted(reply(body=b"content")) as storage:
        signed = f"{storage.url}/bucket/file?X-Amz-Signature={SECRET}"
        async with scripted(reply(302, location=signed)) as api, client() as http:
            call = Call(url=f"{api.url}/1/download", headers=HEADERS, redirects=2)
            found = await read(http, call, size_bytes=7)

    assert b"content" == found
    assert "authorization" in api.asked[0].headers
    assert "authorization" not in storage.asked[0].headers
    assert storage.asked[0].target.endswith(f"X-Amz-Signature={SECRET}")


async def test_a_redirect_within_the_origin_keeps_credentials():
    async with scripted(reply(302, location="/moved"), reply(body=b"content")) as api, client() as http:
        await read(http, Call(url=f"{api.url}/1/download", headers=HEADERS, redirects=1))

    assert ["/1/download", "/moved"] == [asked.target for asked in api.asked]
    assert "authorization" in api.asked[1].headers


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data", "ftp://x.example", "http://example.com/", ""]
)
async def test_redirects_lead_nowhere_else(target):
    async with scripted(reply(302, location=target)) as api, client() as http:
        with pytest.raises((Refused, BadReply)):
            await read(http, Call(url=f"{api.url}/1/download", headers=HEADERS, redirects=3))

    assert 1 == len(api.asked)


async def test_redirects_end():
    async with scripted(reply(302, location="/again")) as api, client() as http:
        with pytest.raises(Refused, match="more than 2 times"):
            await read(http, Call(url=f"{api.url}/1/download", redirects=2))

    assert 3 == len(api.asked)


async def test_a_refusal_by_the_storage_says_nothing_of_the_grant():
    async with scripted(reply(401)) as storage, scripted(reply(302, location=storage.url)) as api, client() as http:
        with pytest.raises(Forbidden):
            await read(http, Call(url=f"{api.url}/1/download", headers=HEADERS, redirects=1))


async def test_a_download_starts_over_after_a_fault():
    async with scripted(reply(503), None, reply(body=b"content")) as api, client() as http:
        assert b"content" == await read(http, Call(url=f"{api.url}/1/download", redirects=1))


@pytest.mark.parametrize(("declared", "error"), [(6, Refused), (8, Retriable)])
async def test_a_file_is_as_long_as_declared_or_an_error(declared, error):
    async with scripted(reply(body=b"content")) as api, client() as http:
        with pytest.raises(error):
            await read(http, Call(url=f"{api.url}/1/download", redirects=1), size_bytes=declared)


async def test_a_file_cut_short_is_an_error():
    short = Cut(reply(body=b"content").replace(b"content-length: 7", b"content-length: 70"))
    async with scripted(short) as api, client() as http:
        with pytest.raises(Retriable, match="in the middle of a file"):
            await read(http, Call(url=f"{api.url}/1/download", redirects=1))


async def test_no_secret_passes_in_errors_or_logs(caplog):
    caplog.set_level(logging.DEBUG)
    faults = [
        None,
        reply(500, SECRET.encode()),
        reply(400, f'token={SECRET} "oauth_token": "{SECRET}"'.encode()),
        reply(401, f"Bearer {SECRET}".encode()),
        reply(302, location=f"https://x.example/?token={SECRET}"),
        reply(302, location=f"https://u:{SECRET}@x.example/"),
        reply(body=f"token={SECRET}".encode()),
        b"garbage " + SECRET.encode() + b"\r\n\r\n",
        reply(429, f"key={SECRET}".encode()),
        reply(body=b"xx", content_encoding="gzip"),
    ]
    said = []
    for fault in faults:
        for redirects in (0, 1):
            async with scripted(fault) as server, client(attempts=2) as http:
                call = Call(
                    url=f"{server.url}/1/x?token={SECRET}", headers=HEADERS, params={"key": SECRET}, redirects=redirects
                )
                try:
                    if redirects:
                        await read(http, call)
                    else:
                        (await http.request(call)).check().json()
                except ConnectorError as error:
                    said += [str(error), repr(error), repr(call), repr(error.__cause__), repr(error.__context__)]

    assert len(said) > 50
    assert not [text for text in [*said, caplog.text] if SECRET in text]


async def test_credentials_that_no_header_can_hold_are_refused_without_being_said():
    async with scripted(reply()) as server, client() as http:
        for secret in (f"{SECRET}\r\nx: y", f"{SECRET}é€"):
            with pytest.raises(Refused) as raised:
                await http.request(Call(url=server.url, headers={"authorization": secret}))
            assert SECRET not in str(raised.value)


def upload(*pieces: bytes, size_bytes: int | None = None, **how) -> Upload:
    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    size = sum(map(len, pieces)) if size_bytes is None else size_bytes
    return Upload(**{"name": "a.bin", "media_type": "image/png", "size_bytes": size, "open": stream, **how})


async def test_a_file_is_sent_in_a_form_of_known_length():
    sent = upload(b"one\r\n", b"--two", name='an "odd"\r\nnamé.png')
    async with scripted(reply()) as server, client() as http:
        await http.request(Call(url=server.url, method="POST", form={"name": "Ünï"}, upload=sent))

    asked = server.asked[0]
    assert "transfer-encoding" not in asked.headers
    parsed = message_from_bytes(b"Content-Type: " + asked.headers["content-type"].encode() + b"\r\n\r\n" + asked.body)
    name, file = parsed.get_payload()
    assert "Ünï".encode() == name.get_payload(decode=True)
    assert b"one\r\n--two" == file.get_payload(decode=True)
    assert "image/png" == file.get_content_type()
    assert 'filename="an %22odd%22%0D%0Anamé.png"'.encode() in asked.body


async def test_a_file_is_sent_as_the_whole_body():
    async with scripted(reply()) as server, client() as http:
        await http.request(Call(url=server.url, method="POST", upload=upload(b"one", b"two", part=None)))

    assert b"onetwo" == server.asked[0].body
    assert "image/png" == server.asked[0].headers["content-type"]


async def test_an_upload_that_met_the_rate_limit_is_sent_anew_and_whole():
    async with scripted(reply(429), reply()) as server, client() as http:
        await http.request(Call(url=server.url, method="POST", upload=upload(b"one", part=None)))

    assert [b"one", b"one"] == [asked.body for asked in server.asked]


@pytest.mark.parametrize("fault", [reply(503), None])
async def test_an_upload_that_may_have_arrived_is_not_sent_again(fault):
    async with scripted(fault, reply()) as server, client() as http:
        with pytest.raises(Retriable, match="may have been carried out"):
            await http.request(Call(url=server.url, method="POST", upload=upload(b"one")))

    assert 1 == len(server.asked)


@pytest.mark.parametrize("size_bytes", [2, 4])
async def test_a_file_of_another_length_than_it_says_is_refused(size_bytes):
    async with scripted(reply()) as server, client() as http:
        with pytest.raises(Refused, match="another length"):
            await http.request(Call(url=server.url, method="POST", upload=upload(b"one", size_bytes=size_bytes)))


async def test_what_the_store_says_of_a_file_to_upload_is_passed_on():
    async def broken() -> AsyncIterator[bytes]:
        yield b"o"
        raise Corrupt("chunk 1")

    async with scripted(reply()) as server, client() as http:
        with pytest.raises(Corrupt):
            await http.request(Call(url=server.url, method="POST", upload=upload(size_bytes=3, open=broken)))


async def test_bytes_are_sent_as_they_are_and_a_308_without_a_location_is_an_answer():
    piece = bytes(range(256)) * 1024
    headers = {**HEADERS, "content-type": "application/octet-stream", "content-range": "bytes 0-262143/*"}
    async with scripted(reply(308, body=b"", range="bytes=0-262143")) as server, client() as http:
        answer = await http.request(Call(method="PUT", url=server.url, content=piece, headers=headers))

    assert (308, "bytes=0-262143") == (answer.status, answer.headers["range"])
    assert (piece, "bytes 0-262143/*") == (server.asked[0].body, server.asked[0].headers["content-range"])
    assert "262144" == server.asked[0].headers["content-length"]


def judge(answer: Reply) -> Passing | None:
    """Read an app that says everything in its answers, whatever the status."""
    said = answer.body.decode()
    return {
        "limit": Passing(message="met a limit", after_seconds=7.0, is_limit=True),
        "broken": Passing(message="broke", attempts=3),
        "down": Passing(message="is down"),
    }.get(said)


async def test_a_limit_that_an_answer_tells_of_is_waited_for_and_the_whole_grant_with_it():
    time = FakeTime()
    async with scripted(reply(body=b"limit"), reply(body=b"ok")) as server, client(time) as http:
        pacer = http.pacer("key", Pace())
        call = Call(method="POST", url=server.url, json={}, idempotent=False, passing=judge)
        answer = await http.request(call, pacer=pacer)

    assert b"ok" == answer.body
    assert [7.0] == time.slept


async def test_an_answer_that_may_pass_stands_after_its_attempts():
    time = FakeTime()
    async with scripted(reply(body=b"broken")) as server, client(time) as http:
        answer = await http.request(Call(url=server.url, passing=judge))

    assert b"broken" == answer.body
    assert 3 == len(server.asked)


async def test_what_may_not_be_repeated_is_not_and_its_answer_stands():
    async with scripted(reply(500, body=b"broken")) as server, client() as http:
        answer = await http.request(Call(method="POST", url=server.url, json={}, passing=judge))

    assert (500, b"broken") == (answer.status, answer.body)
    assert 1 == len(server.asked)


async def test_an_app_that_stays_down_by_its_own_word_is_retriable():
    async with scripted(reply(503, body=b"down")) as server, client() as http:
        with pytest.raises(Retriable, match="is down, 6 times"):
            await http.request(Call(url=server.url, passing=judge))

    assert 6 == len(server.asked)


async def test_a_limit_of_a_day_is_raised_at_once_and_by_every_later_request_of_the_grant():
    time = FakeTime()
    async with scripted(reply(429, retry_after="40000"), reply()) as server, client(time) as http:
        pacer = http.pacer("key", Pace())
        for _ in range(2):
            with pytest.raises(Retriable) as raised:
                await http.request(Call(url=server.url), pacer=pacer)
            assert 40_000 == raised.value.after_seconds
        other = await http.request(Call(url=server.url), pacer=http.pacer("another key", Pace()))

    assert 200 == other.status
    assert [] == time.slept
    assert 2 == len(server.asked)

"""Client: listings that move while they are paged through, against a server that answers as it is told."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.base import Grant
from connectors.errors import BadReply
from connectors.http import Http, HttpSettings
from connectors.redmine.client import PAGE, Moved, RedmineClient
from connectors.redmine.pace import RedminePace
from tests.unit.connectors.scripted import Asked, reply, scripted


class Lists:
    """A list of ids that changes as told, each time that it was asked for."""

    def __init__(self, ids: list[int], *changes: Callable[[list[int]], None]) -> None:
        self.ids = ids
        self.changes = list(changes)
        self.asked: list[dict[str, str]] = []

    def __call__(self, asked: Asked) -> bytes:
        query = {name: values[0] for name, values in parse_qs(urlsplit(asked.target).query).items()}
        self.asked.append(query)
        after = int(query.get("issue_id", ">=0").removeprefix(">="))
        matching = [number for number in self.ids if number >= after]
        offset, limit = int(query.get("offset", 0)), min(int(query["limit"]), PAGE)
        page = [{"id": number} for number in matching[offset : offset + limit]]
        if self.changes:
            self.changes.pop(0)(self.ids)
        return reply(body=json.dumps({"things": page, "issues": page, "total_count": len(matching)}).encode())


@asynccontextmanager
async def client_of(answer: Callable[[Asked], bytes]) -> AsyncIterator[RedmineClient]:
    http = Http(HttpSettings(allow_private=True))
    async with scripted(answer) as script:
        pacer = http.pacer(script.url, RedminePace())
        grant = Grant(grant_id="g", method="api_key", credentials={"key": "k"})
        try:
            yield RedmineClient(http=http, url=script.url, grant=grant, pacer=pacer)
        finally:
            await http.aclose()


async def listed(answer: Callable[[Asked], bytes]) -> list[int]:
    async with client_of(answer) as client:
        return [value["id"] for value in await client.listing("/things.json", "things")]


async def paged(answer: Callable[[Asked], bytes]) -> list[int]:
    async with client_of(answer) as client:
        return [value["id"] async for page, _ in client.issues() for value in page]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 199, 200, 250])
async def test_a_listing_is_put_together(count):
    lists = Lists(list(range(1, count + 1)))

    assert list(range(1, count + 1)) == await listed(lists) == await paged(lists)


async def test_what_is_deleted_from_a_page_that_was_read_moves_the_rest_and_is_noticed():
    lists = Lists(list(range(1, 251)), lambda ids: ids.remove(7))

    assert [number for number in range(1, 251) if number != 7] == await listed(lists)
    assert ["0", "99", "0", "99", "198"] == [query["offset"] for query in lists.asked]


async def test_what_is_deleted_and_made_between_two_pages_is_noticed_though_the_count_is_the_same():
    def swap(ids: list[int]) -> None:
        ids.remove(7)
        ids.append(999)

    assert [*(n for n in range(1, 151) if n != 7), 999] == await listed(Lists(list(range(1, 151)), swap))


async def test_what_is_put_in_front_is_noticed():
    assert [0, *range(1, 151)] == await listed(Lists(list(range(1, 151)), lambda ids: ids.insert(0, 0)))


async def test_a_listing_that_never_rests_is_said_to_move():
    lists = Lists(list(range(1, 301)), *[lambda ids: ids.remove(ids[3]) for _ in range(9)])

    with pytest.raises(Moved, match="changed while it was paged through, 3 times running"):
        await listed(lists)


async def test_issues_that_come_and_go_meanwhile_hide_none_of_the_others():
    def change(ids: list[int]) -> None:
        ids.remove(50)
        ids.remove(170)
        ids.append(400)

    found = await paged(Lists(list(range(1, 301)), change))

    assert {*range(1, 301), 400} - {170} == set(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b'{"issues": 7}',
        b'{"issues": null}',
        b"<html>",
        b'{"issues": [{"id": null}]}',
        b'{"issues": ["x"]}',
    ],
)
async def test_what_is_no_page_is_a_bad_reply_or_is_passed_on(body):
    async with client_of(lambda asked: reply(body=body)) as client:
        try:
            pages = [page async for page, _ in client.issues()]
        except BadReply:
            return
    assert pages in ([[{"id": None}]], [["x"]])


async def test_a_full_page_that_is_given_again_ends_the_read():
    body = json.dumps({"issues": [{"id": number} for number in range(1, PAGE + 1)], "total_count": 999}).encode()

    with pytest.raises(BadReply, match="a page that it had given before"):
        await paged(lambda asked: reply(body=body))


async def test_the_key_is_in_a_header_and_in_no_address():
    seen = []

    def answer(asked: Asked) -> bytes:
        seen.append(asked)
        return reply(body=b'{"user": {}}')

    async with client_of(answer) as client:
        await client.get("/users/current.json", "user")
        assert "k" == seen[0].headers["x-redmine-api-key"]
        assert "/users/current.json" == seen[0].target
        assert "'k'" not in repr(client)

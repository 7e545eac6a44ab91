"""Client: Redmine's requests, as one grant may make them.

The API is described at https://www.redmine.org/projects/redmine/wiki/Rest_api; what is not said there was asked of a
real server: a `limit` over 100 is 100, closed projects and issues are left out unless asked for, and what one may not
see is 403 while what does not exist is 404.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

from connectors.base import Grant
from connectors.call import Call, Reply
from connectors.errors import BadReply
from connectors.http import Http
from connectors.pacing import Pacer
from connectors.redmine.heard import Heard
from connectors.redmine.identity import Unfit, number_of

PAGE = 100
"""The most that Redmine gives at once, whatever is asked for."""
LISTINGS = 3
"""How often a listing that moves while it is paged through is begun again."""
_MOST_PAGES = 100_000


@dataclass(slots=True)
class Meter:
    """Counts requests."""

    requests: int = 0


class Moved(BadReply):
    """A listing moved under its reader again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedmineClient:
    """Reads Redmine with one grant. Raises ConnectorErrors only."""

    http: Http = field(repr=False)
    url: str
    grant: Grant
    pacer: Pacer = field(repr=False)
    is_admin: bool = False
    meter: Meter = field(default_factory=Meter, compare=False)
    heard: Heard | None = field(default=None, compare=False, repr=False)
    """Who listens to the answers."""

    def metered(self) -> Self:
        """Return the same client with a count of its own."""
        return replace(self, meter=Meter())

    def of(self, user: Mapping[str, Any], heard: Heard) -> Self:
        """Return the same client, knowing from `/users/current.json` whether it is an administrator's.

        Where it is not, `heard` listens to its answers.
        """
        is_admin = user.get("admin") is True
        return replace(self, is_admin=is_admin, heard=None if is_admin else heard)

    async def get(self, path: str, name: str, **params: str) -> dict[str, Any]:
        """Ask for one object, which the answer holds under `name`. Raises BadReply where it is something else."""
        found = (await self._ask(path, params)).get(name)
        if not isinstance(found, dict):
            raise BadReply(f"GET {path} answered without {name}")
        return found

    async def whole(self, path: str, name: str, **params: str) -> list[Any]:
        """Ask for a list that comes in one piece."""
        return _list(await self._ask(path, params), path, name)

    async def listing(self, path: str, name: str, **params: str) -> list[Any]:
        """Ask for a list that comes in pages, and put them together.

        Pages are cut by counting, so what is deleted or added meanwhile moves the rest. Each page therefore starts at
        the last thing of the one before: where it starts with another, something moved, and all is asked for again.
        """
        for _ in range(LISTINGS):
            found = await self._paged(path, name, params)
            if found is not None:
                return found
        raise Moved(f"GET {path} changed while it was paged through, {LISTINGS} times running")

    async def _paged(self, path: str, name: str, params: Mapping[str, str]) -> list[Any] | None:
        found: list[Any] = []
        for _ in range(_MOST_PAGES):
            offset = max(0, len(found) - 1)
            reply = await self._ask(path, {**params, "limit": str(PAGE), "offset": str(offset)})
            items = _list(reply, path, name)
            if found:
                if not items or _id(items[0]) != _id(found[-1]):
                    return None
                items = items[1:]
            found += items
            total = reply.get("total_count")
            if not isinstance(total, int):
                raise BadReply(f"GET {path} answered without total_count")
            if len(found) >= total or not items:
                return found if len(found) == total else None
        raise BadReply(f"GET {path} has no end")

    async def issues(self, **params: str) -> AsyncIterator[tuple[Sequence[Any], int]]:
        """Page through issues in the order of their ids; gives each page, and how many there are from it on.

        Each page starts after the greatest id of the one before, so that nothing that moves meanwhile is missed.
        """
        after = 0
        for _ in range(_MOST_PAGES):
            given = {"status_id": "*", "sort": "id", "limit": str(PAGE), **params}
            reply = await self._ask("/issues.json", {**given, "issue_id": f">={after + 1}"})
            items = _list(reply, "/issues.json", "issues")
            total = reply.get("total_count")
            yield items, total if isinstance(total, int) else 0
            if len(items) < PAGE:
                return
            try:
                last = max(map(number_of, items))
            except Unfit as error:
                raise BadReply(f"GET /issues.json: {error}") from None
            if last <= after:
                raise BadReply("GET /issues.json gave a page that it had given before")
            after = last
        raise BadReply("GET /issues.json has no end")

    async def count_issues(self, **params: str) -> int:
        """Ask how many issues there are."""
        reply = await self._ask("/issues.json", {"status_id": "*", "limit": "1", **params})
        total = reply.get("total_count")
        if not isinstance(total, int):
            raise BadReply("GET /issues.json answered without total_count")
        return total

    async def these_issues(self, numbers: Collection[int]) -> list[Any]:
        """Ask for these issues, a hundred at a time; those that do not exist or may not be seen are left out."""
        found: list[Any] = []
        wanted = sorted(numbers)
        for start in range(0, len(wanted), PAGE):
            some = ",".join(map(str, wanted[start : start + PAGE]))
            reply = await self._ask("/issues.json", {"status_id": "*", "limit": str(PAGE), "issue_id": some})
            found += _list(reply, "/issues.json", "issues")
        return found

    @asynccontextmanager
    async def download(self, *, attachment_id: int, size_bytes: int | None) -> AsyncIterator[AsyncIterator[bytes]]:
        """Start the download of an attachment. A key that stopped working is a redirect to the login page: Refused."""
        headers = {**self.headers(), "accept-encoding": "identity"}
        call = Call(url=f"{self.url}/attachments/download/{attachment_id}", headers=headers)
        async with self.http.download(call, pacer=self.pacer, size_bytes=size_bytes) as stream:
            yield stream

    async def _ask(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        call = Call(url=f"{self.url}{path}", params=params, headers=self.headers())
        self.meter.requests += 1
        reply: Reply = await self.http.request(call, pacer=self.pacer)
        found = reply.check().json()
        if not isinstance(found, dict):
            raise BadReply(f"GET {path} answered with something that is not an object")
        if self.heard is not None:
            self.heard.listen(found)
        return found

    def headers(self, login: str | None = None) -> Mapping[str, str]:
        """Return what a request is authorised by; with a login, in that person's name."""
        key = {"x-redmine-api-key": self.grant.credentials["key"]}
        return key if login is None else {**key, "x-redmine-switch-user": login}


def _list(reply: Mapping[str, Any], path: str, name: str) -> list[Any]:
    found = reply.get(name)
    if not isinstance(found, list):
        raise BadReply(f"GET {path} answered without {name}")
    return found


def _id(item: Any) -> Any:
    return item.get("id") if isinstance(item, dict) else None

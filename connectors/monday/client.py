"""Client: monday.com's requests, as one grant may make them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, dropwhile, islice
from typing import Any

from connectors.base import Grant
from connectors.call import Call, Upload
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone, Refused, Retriable, Unauthorised
from connectors.http import Http
from connectors.monday import answer as answers
from connectors.monday import queries
from connectors.monday.answer import Answer
from connectors.monday.pace import COMPLEXITY
from connectors.monday.queries import Document
from connectors.monday.spec import OAUTH2, TOKEN
from connectors.oauth import is_due
from connectors.pacing import Pacer

BATCH = 100
"""How many ids a question may name."""
_FIRST_COST = 20_000
"""What a question is taken to cost before it was asked once."""
_ADDRESS_SECONDS = 45 * 60.0
"""For how long the address of a file is used: it works for an hour."""
_EXPECTED = 5_000
_KEY = "idempotency-key"


@dataclass(slots=True)
class _Addresses:
    """Where files are, for a while; those that come next are asked for together."""

    known: dict[str, tuple[str, float]] = field(default_factory=dict)
    expected: dict[str, None] = field(default_factory=dict)
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class MondayClient:
    """Asks monday.com with one grant. Raises ConnectorErrors only."""

    http: Http = field(repr=False)
    api_url: str
    grant: Grant
    pacer: Pacer = field(repr=False)
    utc_now: Callable[[], datetime] = field(repr=False)
    clock: Callable[[], float] = field(repr=False)
    costs: dict[str, int] = field(default_factory=dict, repr=False)
    """What each document cost at most, as the app said."""
    _addresses: _Addresses = field(default_factory=_Addresses, repr=False)

    async def ask(self, document: Document, **variables: Any) -> Answer:
        """Ask one question. What went wrong with parts of it is in the answer; with all of it, raised."""
        # A query changes nothing, so it may be sent again.
        return await self._answer(document, self._call(document, variables, self._headers()))

    async def tell(self, document: Document, *, key: str, **variables: Any) -> Any:
        """Change something, and return what the app says of it. Variables that are None are left out.

        Sent again with the same key within half an hour, it is answered with what the first one came to, and nothing
        is done twice: https://developer.monday.com/api-reference/docs/idempotency.
        """
        given = {name: value for name, value in variables.items() if value is not None}
        headers = {**self._headers(), _KEY: key}
        return told(await self._answer(document, self._call(document, given, headers)))

    async def send(self, document: Document, upload: Upload, *, key: str) -> Any:
        """Change something with a file. Nobody says that the app knows keys here, so it is not sent again by itself."""
        call = Call(
            url=f"{self.api_url}/v2/file",
            method="POST",
            form={"query": document.text},
            upload=upload,
            headers={**self._headers(), _KEY: key},
            idempotent=False,
            shown_as=f"/v2/file ({document.name})",
            costs={COMPLEXITY: self.costs.get(document.name, _FIRST_COST)},
            passing=answers.passing,
        )
        return told(await self._answer(document, call))

    async def ask_list(self, document: Document, name: str, **variables: Any) -> tuple[Sequence[Any], Answer]:
        """Ask for a list at the root. Raises what kept it from being given, BadReply where it is something else."""
        found = await self.ask(document, **variables)
        return listed(found, name), found

    async def ask_board(self, document: Document, board_id: str, **variables: Any) -> tuple[Mapping[str, Any], Answer]:
        """Ask about one board. Raises Gone where none is given."""
        boards, found = await self.ask_list(document, "boards", ids=[board_id], **variables)
        board = next((value for value in boards if isinstance(value, dict)), None)
        if board is None:
            raise next(iter(found.below("boards")), _nothing(board_id)).error(found.place)
        return board, found

    @asynccontextmanager
    async def download(self, asset_id: str, size_bytes: int | None) -> AsyncIterator[AsyncIterator[bytes]]:
        """Start the download of an upload, from an address that is good for anybody: no credentials go there.

        An address that ran out is asked for again, once.
        """
        async with AsyncExitStack() as stack:
            for attempt in count(1):
                url = await self._address(asset_id, renew=attempt > 1)
                call = Call(url=url, shown_as=f"/assets/{asset_id}", redirects=3)
                try:
                    stream = await stack.enter_async_context(self.http.download(call, size_bytes=size_bytes))
                except (Forbidden, Unauthorised, Gone) as error:
                    if attempt > 1:
                        # The storage knows no grant: what it refuses says nothing of ours.
                        raise Forbidden(str(error)) from None
                    continue
                break
            yield stream

    def expect(self, asset_ids: Iterable[str]) -> None:
        """Say which files come next, so that their addresses are asked for together."""
        expected = self._addresses.expected
        expected.update(dict.fromkeys(asset_ids))
        while len(expected) > _EXPECTED:
            expected.pop(next(iter(expected)))

    async def _address(self, asset_id: str, *, renew: bool) -> str:
        """Return where a file is; whoever has to ask, asks for those that come next, too."""
        held = self._addresses
        async with held.asking:
            if renew:
                held.known.pop(asset_id, None)
            url, until = held.known.get(asset_id, ("", 0.0))
            if until <= self.clock():
                await self._ask_addresses(asset_id)
                url, _ = held.known.get(asset_id, ("", 0.0))
        if not url:
            raise Gone(f"asset {asset_id} has no address: the app does not give it any more")
        return url

    async def _ask_addresses(self, asset_id: str) -> None:
        held = self._addresses
        next_ones = islice(dropwhile(lambda each: each != asset_id, held.expected), BATCH)
        ids = list(next_ones) or [asset_id]
        values, _ = await self.ask_list(queries.ASSET_ADDRESSES, "assets", ids=ids)
        until = self.clock() + _ADDRESS_SECONDS
        for value in values:
            if isinstance(value, dict) and isinstance(value.get("public_url"), str):
                held.known[str(value.get("id"))] = (value["public_url"], until)
        while len(held.known) > _EXPECTED:
            held.known.pop(next(iter(held.known)))

    def _call(self, document: Document, variables: Mapping[str, Any], headers: Mapping[str, str]) -> Call:
        return Call(
            url=f"{self.api_url}/v2",
            method="POST",
            json={"query": document.text, "variables": variables},
            headers=headers,
            idempotent=True,
            shown_as=f"/v2 ({document.name})",
            costs={COMPLEXITY: self.costs.get(document.name, _FIRST_COST)},
            passing=answers.passing,
        )

    async def _answer(self, document: Document, call: Call) -> Answer:
        reply = await self.http.request(call, pacer=self.pacer)
        try:
            found = answers.read(reply, call.place)
        except Unauthorised as error:
            raise self._meaning(error) from None
        self._learn(document, found)
        return found

    def _learn(self, document: Document, found: Answer) -> None:
        told = found.data.get("complexity")
        cost = told.get("query") if isinstance(told, dict) else None
        if isinstance(cost, int) and cost > 0:
            self.costs[document.name] = max(cost, self.costs.get(document.name, 0))

    def _meaning(self, error: Unauthorised) -> ConnectorError:
        if self.grant.method == OAUTH2 and is_due(self.grant.credentials, self.utc_now(), margin_seconds=0):
            # Longer than an access token lives: resuming gets a fresh one.
            return Retriable(f"{error}; the access token has run out", after_seconds=1.0)
        return error

    def _headers(self) -> Mapping[str, str]:
        given = self.grant.credentials
        secret = given["access_token"] if self.grant.method == OAUTH2 else given[TOKEN]
        return {"authorization": secret, "api-version": queries.VERSION}


def told(found: Answer) -> Any:
    """Return what a change answers. Raises what kept it from being made."""
    value = next((part for name, part in found.data.items() if name != "complexity"), None)
    if value is None and found.faults:
        raise found.faults[0].error(found.place)
    return value


def listed(found: Answer, name: str) -> Sequence[Any]:
    """Return a list at the root of an answer. Raises what kept it from being given."""
    value = found.data.get(name)
    if isinstance(value, list):
        return value
    faults = found.below(name)
    if faults:
        raise faults[0].error(found.place)
    raise BadReply(f"{found.place} answered with {name} that is not a list")


def _nothing(board_id: str) -> answers.Fault:
    return answers.Fault(code="resourcenotfoundexception", message=f"board {board_id} was not given")


def is_plain(value: str | None) -> bool:
    """Whether a credential can stand in a header."""
    return bool(value) and value is not None and value.isascii() and value.isprintable() and " " not in value


def checked(grant: Grant) -> str:
    """Return the secret of a grant. Raises Refused where it cannot be one."""
    name = "access_token" if grant.method == OAUTH2 else TOKEN
    secret = grant.credentials.get(name)
    if not is_plain(secret):
        raise Refused(f"the grant's {name} is missing, or has characters that no credential has")
    return str(secret)

"""Client: Trello's requests, as one grant may make them."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from connectors import retries
from connectors.base import Grant
from connectors.call import Call, Reply, Upload
from connectors.errors import BadReply, ConnectorError, Forbidden, Refused, Retriable, Unauthorised
from connectors.http import Http
from connectors.oauth import is_due
from connectors.pacing import Pacer
from connectors.trello.spec import OAUTH2

PAGE = 1000
"""The most that Trello gives of cards and actions at once."""
_BATCH = 10
_SHRINK = 8
_LIGHT = 100
_ROUND = 50
"""The app's own caps are multiples of this."""
_TOO_MANY = re.compile(r"(?i)too[ _]many")
_NOT_ALLOWED = re.compile(r"unauthorized (\w+ )?permission requested")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a listing, newest first."""

    items: Sequence[Any] = ()
    unreadable: str | None = None
    """The id of the one record that stands here and cannot be decoded, in place of items."""
    cut: bool = False
    """More may follow, and there is no way to ask for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrelloClient:
    """Asks Trello, and writes to it, with one grant. Raises ConnectorErrors only."""

    http: Http = field(repr=False)
    api_url: str
    grant: Grant
    pacer: Pacer = field(repr=False)
    utc_now: Callable[[], datetime] = field(repr=False)

    async def get(self, path: str, **params: str) -> Any:
        """Ask for one thing and decode it."""
        return (await self._ask(path, params)).json()

    async def get_object(self, path: str, **params: str) -> dict[str, Any]:
        """Ask for one object. Raises BadReply where the answer is something else."""
        found = await self.get(path, **params)
        if not isinstance(found, dict):
            raise BadReply(f"GET /1{path} answered with something that is not an object")
        return found

    async def get_list(self, path: str, **params: str) -> list[Any]:
        """Ask for a list. Raises BadReply where the answer is something else."""
        found = await self.get(path, **params)
        if not isinstance(found, list):
            raise BadReply(f"GET /1{path} answered with something that is not a list")
        return found

    async def pages(self, path: str, *, ordered: bool, **params: str) -> AsyncIterator[Page]:
        """Page through cards or actions, from the newest to the oldest.

        Trello gives the newest `limit` of those made before an id: actions in order, cards in none, so that the next
        page begins at the last one or at the least. A page that cannot be decoded, or is too big, is asked for in
        smaller ones, until the record at fault stands alone. One that is short, and of a round number, may have met a
        cap that nobody has told of: only the next one tells whether it was the last.
        """
        before: str | None = None
        limit = most = PAGE
        while True:
            query = {**params, "limit": str(limit), **({"before": before} if before else {})}
            try:
                items = await self.get_list(path, **query)
            except Retriable:
                # Trello gives up on an answer after 30 s: on a heavy board less at once may still come through.
                if limit <= _LIGHT:
                    raise
                limit = most = _LIGHT
                retries.count("gave no page of a listing, and was asked for a smaller one")
                continue
            except (BadReply, Refused, Forbidden) as error:
                if isinstance(error, Forbidden) and not _TOO_MANY.search(str(error)):
                    raise
                if limit > 1:
                    limit = max(1, limit // _SHRINK)
                    retries.count("gave a page that cannot be read, and was asked for a smaller one")
                    continue
                before = await self._lone_id(path, query, error)
                yield Page(unreadable=before)
                limit = most
                continue
            ids = [found for item in items if (found := _id_of(item)) is not None]
            oldest = (ids[-1] if ordered else min(ids)) if ids else None
            ended = len(items) < limit and (not items or len(items) % _ROUND > 0)
            stuck = not ended and (oldest is None or oldest == before)
            yield Page(items=items, cut=stuck)
            if ended or stuck:
                return
            before = oldest
            limit = min(most, limit * _SHRINK)

    async def voters(self, card_ids: Sequence[str]) -> Mapping[str, list[Any] | None]:
        """Ask who voted for each of these cards; None where the app does not say.

        Ten cards a request with an API key; OAuth 2.0 apps may not use `/batch`.
        """
        found: dict[str, list[Any] | None] = {}
        if self.grant.method == OAUTH2:
            for card_id in card_ids:
                found[card_id] = await self.get_list(f"/cards/{quote(card_id)}/membersVoted")
            return found
        for start in range(0, len(card_ids), _BATCH):
            some = card_ids[start : start + _BATCH]
            urls = ",".join(f"/cards/{quote(card_id)}/membersVoted" for card_id in some)
            answers = await self.get_list("/batch", urls=urls)
            for card_id, answer in zip(some, answers, strict=False):
                body = answer.get("200") if isinstance(answer, dict) else None
                found[card_id] = body if isinstance(body, list) else None
        return found

    async def send(
        self, method: str, path: str, fields: Mapping[str, Any] | None = None, *, upload: Upload | None = None
    ) -> dict[str, Any]:
        """Write something and return the object that answers. Raises Retriable where it may have been done.

        Fields go in the body, which takes long text: as JSON, or as a form around an upload.
        """
        form = {name: str(value) for name, value in (fields or {}).items()} if upload is not None else None
        call = Call(
            url=f"{self.api_url}/1{path}",
            method=method,
            headers=self._headers(),
            json=dict(fields or {}) if upload is None else None,
            form=form,
            upload=upload,
        )
        reply = await self.http.request(call, pacer=self.pacer)
        error = reply.error()
        if error is not None:
            raise self._meaning(error)
        found = reply.json()
        if not isinstance(found, dict):
            raise BadReply(f"{call.place} answered with something that is not an object")
        return found

    @asynccontextmanager
    async def download(
        self, *, card_id: str, attachment_id: str, file_name: str, size_bytes: int | None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Start the download of an upload: with credentials to Trello, without them to the storage it redirects to."""
        path = f"/cards/{quote(card_id)}/attachments/{quote(attachment_id)}/download/{quote(file_name, safe='')}"
        call = Call(url=f"{self.api_url}/1{path}", headers=self._headers(), redirects=3)
        try:
            async with self.http.download(call, pacer=self.pacer, size_bytes=size_bytes) as stream:
                yield stream
        except Unauthorised as error:
            raise self._meaning(error) from None

    async def token(self) -> dict[str, Any]:
        """Ask what the grant's own token may do and until when."""
        path = f"/tokens/{quote(self.grant.credentials['token'], safe='')}"
        found = (await self._ask(path, {}, shown_as="/1/tokens/{token}")).json()
        return found if isinstance(found, dict) else {}

    async def webhooks(self) -> list[Any]:
        """List the webhooks of the grant's own token."""
        path = f"/tokens/{quote(self.grant.credentials['token'], safe='')}/webhooks"
        found = (await self._ask(path, {}, shown_as="/1/tokens/{token}/webhooks")).json()
        if not isinstance(found, list):
            raise BadReply("GET /1/tokens/{token}/webhooks answered with something that is not a list")
        return found

    async def _ask(self, path: str, params: Mapping[str, str], *, shown_as: str | None = None) -> Reply:
        call = Call(url=f"{self.api_url}/1{path}", params=params, headers=self._headers(), shown_as=shown_as)
        reply = await self.http.request(call, pacer=self.pacer)
        error = reply.error()
        if error is not None:
            raise self._meaning(error)
        return reply

    def _meaning(self, error: ConnectorError) -> ConnectorError:
        """Read Trello's 401, which it gives for a bad token and for a board one may not see alike."""
        if not isinstance(error, Unauthorised):
            return error
        if _NOT_ALLOWED.search(str(error)):
            return Forbidden(str(error))
        if self.grant.method == OAUTH2 and is_due(self.grant.credentials, self.utc_now(), margin_seconds=0):
            # Longer than an access token lives: resuming gets a fresh one.
            return Retriable(f"{error}; the access token has run out", after_seconds=1.0)
        return error

    async def _lone_id(self, path: str, query: Mapping[str, str], error: ConnectorError) -> str:
        """Return the id of the record that could not be decoded, by asking for nothing else of it."""
        asked = {name: query[name] for name in ("filter", "before", "since") if name in query}
        items = await self.get_list(path, fields="id", limit="1", **asked)
        found = _id_of(items[0]) if items else None
        if found is None or found == query.get("before"):
            raise error
        return found

    def _headers(self) -> Mapping[str, str]:
        given = self.grant.credentials
        if self.grant.method == OAUTH2:
            return {"authorization": f"Bearer {given['access_token']}"}
        return {"authorization": f'OAuth oauth_consumer_key="{given["key"]}", oauth_token="{given["token"]}"'}


def _id_of(item: Any) -> str | None:
    found = item.get("id") if isinstance(item, dict) else None
    return found if isinstance(found, str) and found else None

"""Server: what belongs to the server as a whole: people, groups, roles, trackers, statuses and the like."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from connectors.base import Complete, Item, Warned, WarningCode
from connectors.errors import BadReply, ConnectorError, Forbidden, Gone
from connectors.redmine import kinds, split
from connectors.redmine.client import RedmineClient
from connectors.redmine.giving import Giver
from connectors.redmine.identity import Unfit, made, number_of, numbered
from connectors.redmine.marks import digest
from connectors.redmine.split import SERVER, Named
from connectors.redmine.together import together
from store.record import Kind, Record

_ENUMERATIONS = ("issue_priorities", "time_entry_activities", "document_categories")
_STATES = {"1": 1, "2": 2, "3": 3}
"""The states of accounts: active, registered, locked. A list of accounts does not name theirs."""


@dataclass(slots=True, kw_only=True)
class ServerReader:
    """Reads it all, once; gives the kinds that differ. Afterwards it knows what to remember."""

    client: RedmineClient
    known: Mapping[str, str]
    full: bool
    digests: dict[str, str] = field(default_factory=dict)
    giver: Giver = field(default_factory=Giver)

    async def read(self) -> AsyncIterator[Item]:
        """Read it."""
        sources: dict[Kind, Callable[[], Awaitable[list[split.Piece]]]] = {
            kinds.TRACKER: partial(self._whole, kinds.TRACKER, "/trackers.json", "trackers"),
            kinds.STATUS: partial(self._whole, kinds.STATUS, "/issue_statuses.json", "issue_statuses"),
            kinds.ENUMERATION: self._enumerations,
            kinds.ROLE: partial(self._each, kinds.ROLE, "/roles", "roles", "role"),
            kinds.QUERY: self._queries,
            kinds.CUSTOM_FIELD: partial(self._whole, kinds.CUSTOM_FIELD, "/custom_fields.json", "custom_fields"),
            kinds.USER: self._users,
            kinds.GROUP: partial(self._each, kinds.GROUP, "/groups", "groups", "group", include="users"),
        }
        denied: list[str] = []
        for kind, source in sources.items():
            try:
                found = await source()
            except Forbidden:
                denied.append(kind)
                self._keep(kind)
                continue
            except (BadReply, Gone, Unfit) as error:
                self._keep(kind)
                yield Warned(code=WarningCode.BAD_RECORD, where=f"server/{kind}", message=str(error))
                continue
            for item in self._give(kind, found):
                yield item
        if denied:
            message = f"{', '.join(sorted(denied))}: only an administrator's key is told of these"
            yield Warned(code=WarningCode.FORBIDDEN, where="server", message=message)

    def _give(self, kind: Kind, pieces: list[split.Piece]) -> list[Item]:
        told = [(piece.external_id, piece.content) for piece in pieces if isinstance(piece, Record)]
        found = digest(sorted(told, key=lambda named: named[0]))
        if found == self.known.get(kind) and not self.full:
            self.digests[kind] = found
            return []
        items = list(self.giver.give(pieces, self.client))
        if kind not in self.giver.failed:
            self.digests[kind] = found
            items.append(Complete(workspace_id=SERVER, kinds=frozenset({kind})))
        return items

    def _keep(self, kind: Kind) -> None:
        if kind in self.known:
            self.digests[kind] = self.known[kind]

    async def _whole(self, kind: Kind, path: str, name: str) -> list[split.Piece]:
        return _pieces(kind, numbered, await self.client.whole(path, name))

    async def _queries(self) -> list[split.Piece]:
        return _pieces(kinds.QUERY, numbered, await self.client.listing("/queries.json", "queries"))

    async def _enumerations(self) -> list[split.Piece]:
        found: list[split.Piece] = []
        for what in _ENUMERATIONS:
            values = await self.client.whole(f"/enumerations/{what}.json", what)
            found += _pieces(kinds.ENUMERATION, split.enumeration_id(what), values)
        return found

    async def _each(self, kind: Kind, path: str, name: str, one: str, **params: str) -> list[split.Piece]:
        """List them, then ask for each: only there is all of it."""
        values = await self.client.whole(f"{path}.json", name)
        numbers = [number_of(value) for value in values]
        answers = await together(self.client.get(f"{path}/{number}.json", one, **params) for number in numbers)
        for answer in answers:
            if isinstance(answer, ConnectorError) and not isinstance(answer, Gone):
                raise answer
        return _pieces(kind, numbered, [answer for answer in answers if isinstance(answer, dict)])

    async def _users(self) -> list[split.Piece]:
        found: list[Any] = []
        for asked, state in _STATES.items():
            values = await self.client.listing("/users.json", "users", status=asked)
            found += [{**value, "status": state} if isinstance(value, dict) else value for value in values]
        return _pieces(kinds.USER, made, found)


def _pieces(kind: Kind, named: Named, values: list[Any]) -> list[split.Piece]:
    return [piece for value in values for piece in split.listed(SERVER, kind, named, value, None)]

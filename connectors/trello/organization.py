"""Organization: one Trello workspace read whole: itself, its people, its own history and Power-Up data."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from connectors.base import Complete, Item, Ledger, Records, Warned, WarningCode
from connectors.errors import BadReply, Forbidden, Gone
from connectors.trello import kinds, split
from connectors.trello.board import overlapping
from connectors.trello.client import TrelloClient
from connectors.trello.listing import SeenOrganization
from connectors.trello.split import Bad, Piece
from store.record import ExternalId, Kind, ParentRef, Record, WorkspaceId


@dataclass(slots=True, kw_only=True)
class OrganizationReader:
    """Reads one workspace, once. Its boards are read apart."""

    seen: SeenOrganization
    board_ids: frozenset[str]
    """Boards whose own history is held: what concerns them is not held twice."""
    people: set[str]
    since: str | None
    evidence: str
    last_action: str | None = None
    doubtful: bool = False
    _pages: int = 0
    _failed: set[Kind] = field(default_factory=set)

    async def read(self, client: TrelloClient) -> AsyncIterator[Item]:
        """Read it. The listing gave the workspace itself; the rest is asked for."""
        workspace_id = self.seen.workspace_id
        parent = ParentRef(kind=kinds.ORGANIZATION, external_id=ExternalId(workspace_id))
        content = self.seen.content
        if "memberships" not in content:
            found, warnings = await self._ask(client, "memberships", kinds.MEMBERSHIP)
            for item in warnings:
                yield item
            content = {**content, "memberships": found}
        for item in self._give(split.organization(content)):
            yield item
        found, warnings = await self._ask(client, "members", kinds.MEMBER, filter="all", fields=kinds.PROFILE)
        for item in warnings:
            yield item
        unmet = [person for person in found if not isinstance(person, dict) or person.get("id") not in self.people]
        for item in self._give(split.members(unmet)):
            yield item
        self.people.update(person["id"] for person in unmet if isinstance(person, dict) and "id" in person)
        found, warnings = await self._ask(client, "pluginData", kinds.PLUGIN_DATA)
        for item in warnings:
            yield item
        for item in self._give(split.plugin_data(workspace_id, found, parent)):
            yield item
        async for item in self._history(client, workspace_id, parent):
            yield item
        listed = {kinds.ORGANIZATION, kinds.MEMBERSHIP, kinds.PLUGIN_DATA}
        if self.since is None:
            listed.add(kinds.ACTION)
        yield Complete(workspace_id=workspace_id, kinds=frozenset(listed - self._failed))
        yield Ledger(
            workspace_id=workspace_id,
            read="changed" if self.since else "full",
            evidence=self.evidence,
            pages=self._pages,
            grant_id=client.grant.grant_id,
        )

    async def _ask(self, client: TrelloClient, what: str, kind: Kind, **params: str) -> tuple[list[Any], list[Item]]:
        """Ask for something that not every grant may see; what may not be seen is a warning."""
        path = f"/organizations/{self.seen.workspace_id}/{what}"
        self._pages += 1
        try:
            return await client.get_list(path, **params), []
        except (BadReply, Forbidden, Gone) as error:
            self._failed.add(kind)
            where = f"organization/{self.seen.workspace_id}/{what}"
            return [], [Warned(code=WarningCode.FORBIDDEN, where=where, message=str(error))]

    async def _history(self, client: TrelloClient, workspace_id: WorkspaceId, parent: ParentRef) -> AsyncIterator[Item]:
        newest = self.since or ""
        since = {"since": overlapping(self.since)} if self.since else {}
        try:
            async for page in client.pages(
                f"/organizations/{workspace_id}/actions", ordered=True, filter="all", **since
            ):
                self._pages += 1
                if page.unreadable is not None or page.cut:
                    self._failed.add(kinds.ACTION)
                    code = WarningCode.CAP_MET if page.cut else WarningCode.BAD_RECORD
                    where = f"organization/{workspace_id}/action/{page.unreadable or ''}"
                    yield Warned(code=code, where=where, message="the history could not be read further, or decoded")
                mine = [value for value in page.items if not self._of_a_board(value)]
                found = [value["id"] for value in page.items if isinstance(value, dict) and _is_text(value.get("id"))]
                newest = max([newest, *found])
                for item in self._give(split.actions(workspace_id, parent, mine)):
                    yield item
        except (BadReply, Forbidden, Gone) as error:
            self._failed.add(kinds.ACTION)
            where = f"organization/{workspace_id}/action"
            yield Warned(code=WarningCode.FORBIDDEN, where=where, message=str(error))
        self.last_action = newest or None

    def _of_a_board(self, value: Any) -> bool:
        data = value.get("data") if isinstance(value, dict) else None
        board = data.get("board") if isinstance(data, dict) else None
        return isinstance(board, dict) and board.get("id") in self.board_ids

    def _give(self, pieces: Iterable[Piece]) -> Iterator[Item]:
        records: dict[Kind, list[Record]] = {}
        for piece in pieces:
            if isinstance(piece, Record):
                records.setdefault(piece.kind, []).append(piece)
            elif isinstance(piece, Bad):
                self._failed.update(piece.kinds)
                self.doubtful = True
                yield Warned(code=WarningCode.BAD_RECORD, where=piece.where, message=piece.message)
        for batch in records.values():
            yield Records(records=tuple(batch))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)

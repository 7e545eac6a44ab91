"""Listing: which boards and workspaces the grants see, and what cheaply tells of change; one request a grant."""

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from connectors.base import Scope
from connectors.errors import BadReply, Forbidden, Gone, Unauthorised
from connectors.trello.client import TrelloClient
from connectors.trello.kinds import BOARD, ORGANIZATION
from connectors.trello.split import without
from connectors.trello.state import Known
from store.canonical import encode
from store.record import JsonObject, Kind, WorkspaceId

_DIGEST_CHARS = 24
_EVIDENCE = ("dateLastActivity", "ixUpdate", "memberships")
"""Fields that are no part of a board's own record, and still tell that something inside it changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBoard:
    """A board in the listing."""

    kind: ClassVar[Kind] = BOARD
    workspace_id: WorkspaceId
    name: str
    organization_id: WorkspaceId | None
    activity: str | None
    digest: str
    readers: tuple[str, ...]
    """The grants that see it."""

    def is_taken(self, scope: Scope) -> bool:
        """Whether it is in scope, itself or with its workspace."""
        return scope.takes(self.workspace_id, *([self.organization_id] if self.organization_id else []))

    def changed_since(self, known: Known) -> str | None:
        """Return why it has to be read, or None where it need not be."""
        if known.again:
            return "not stable or not whole when last read"
        if self.activity is None:
            return "the app names no dateLastActivity"
        if known.activity != self.activity:
            return "dateLastActivity differs"
        return None if known.digest == self.digest else "listed fields differ"

    def in_turn(self) -> Sequence[str]:
        """Return the grants to read it with: turned by its id, so that the rate budgets of all grants are used."""
        turn = int(hashlib.sha256(self.workspace_id.encode()).hexdigest()[:8], 16) % len(self.readers)
        return (*self.readers[turn:], *self.readers[:turn])


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenOrganization:
    """A workspace in the listing; it comes whole."""

    kind: ClassVar[Kind] = ORGANIZATION
    workspace_id: WorkspaceId
    name: str
    content: JsonObject = field(repr=False)
    digest: str
    readers: tuple[str, ...]
    board_ids: frozenset[str]
    """Every board that it says it has, seen or not."""

    def is_taken(self, scope: Scope) -> bool:
        """Whether it is in scope."""
        return scope.takes(self.workspace_id)

    def changed_since(self, known: Known) -> str | None:
        """Return why it has to be read, or None where it need not be."""
        if known.again:
            return "not whole when last read"
        return None if known.digest == self.digest else "listed fields differ"

    def in_turn(self) -> Sequence[str]:
        """Return the grants to read it with."""
        return self.readers


Seen = SeenBoard | SeenOrganization


@dataclass(slots=True)
class Listing:
    """What all grants see together."""

    boards: dict[WorkspaceId, SeenBoard] = field(default_factory=dict)
    organizations: dict[WorkspaceId, SeenOrganization] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)
    """What of the listing could not be understood."""

    def __contains__(self, workspace_id: WorkspaceId) -> bool:
        return workspace_id in self.boards or workspace_id in self.organizations

    def in_order(self) -> Iterator[Seen]:
        """Go over everything, always in the same order: workspaces first, so that parents come before boards."""
        yield from (self.organizations[found] for found in sorted(self.organizations))
        yield from (self.boards[found] for found in sorted(self.boards))

    def add_board(self, value: Any, reader: str) -> None:
        """Take in a board as one grant sees it."""
        board_id = WorkspaceId(_text(value, "id") or "")
        if not board_id:
            self.bad.append("board")
            return
        held = self.boards.get(board_id)
        if held is not None:
            self.boards[board_id] = replace(held, readers=_with(held.readers, reader))
            return
        owner = _text(value, "idOrganization")
        self.boards[board_id] = SeenBoard(
            workspace_id=board_id,
            name=_text(value, "name") or board_id,
            organization_id=WorkspaceId(owner) if owner else None,
            activity=_text(value, "dateLastActivity"),
            digest=digest(BOARD, value),
            readers=(reader,),
        )

    def add_organization(self, value: Any, reader: str) -> None:
        """Take in a workspace as one grant sees it."""
        organization_id = WorkspaceId(_text(value, "id") or "")
        if not organization_id:
            self.bad.append("organization")
            return
        named = value.get("idBoards")
        board_ids = frozenset(found for found in named if isinstance(found, str)) if isinstance(named, list) else None
        held = self.organizations.get(organization_id)
        if held is not None:
            readers = _with(held.readers, reader)
            seen = held.board_ids | (board_ids or frozenset())
            self.organizations[organization_id] = replace(held, readers=readers, board_ids=seen)
            return
        self.organizations[organization_id] = SeenOrganization(
            workspace_id=organization_id,
            name=_text(value, "displayName") or _text(value, "name") or organization_id,
            content=value,
            digest=digest(ORGANIZATION, value),
            readers=(reader,),
            board_ids=board_ids or frozenset(),
        )

    def unseen(self, organization: SeenOrganization) -> frozenset[str]:
        """Return the boards that a workspace names and no grant has listed."""
        return organization.board_ids - self.boards.keys()


async def list_mine(client: TrelloClient, into: Listing) -> None:
    """Ask for all that a grant's owner belongs to, in one request."""
    me = await client.get_object(
        "/members/me",
        fields="id,username,fullName",
        boards="all",
        board_fields="all",
        organizations="all",
        organization_fields="all",
    )
    boards, organizations = me.get("boards"), me.get("organizations")
    if not isinstance(boards, list) or not isinstance(organizations, list):
        raise BadReply("GET /1/members/me answered without boards or organisations")
    for value in organizations:
        into.add_organization(value, client.grant.grant_id)
    for value in boards:
        into.add_board(value, client.grant.grant_id)


async def list_unjoined(clients: Mapping[str, TrelloClient], into: Listing) -> AsyncIterator[tuple[str, int]]:
    """Ask each workspace that names further boards for them: those its members may see without having joined.

    Gives (workspace id, count) for boards that stay out of sight.
    """
    for organization in list(into.organizations.values()):
        for reader in organization.readers:
            if not into.unseen(organization):
                break
            try:
                path = f"/organizations/{organization.workspace_id}/boards"
                found = await clients[reader].get_list(path, filter="all", fields="all")
            except (Unauthorised, Forbidden, Gone, BadReply):
                continue
            for value in found:
                into.add_board(value, reader)
        if hidden := into.unseen(organization):
            yield organization.workspace_id, len(hidden)


def digest(kind: Kind, value: Mapping[str, Any]) -> str:
    """Return a short digest of what a listing says of a thing, less what changes without a change."""
    told = {name: value[name] for name in _EVIDENCE if name in value and kind == BOARD}
    content = {**without(kind, value), **told}
    return hashlib.sha256(encode(content)).hexdigest()[:_DIGEST_CHARS]


def _with(readers: tuple[str, ...], reader: str) -> tuple[str, ...]:
    return readers if reader in readers else (*readers, reader)


def _text(value: Any, name: str) -> str | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) and found and "\0" not in found else None

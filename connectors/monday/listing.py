"""Listing: what the grants see together, and what tells cheaply of change; two requests for a small account."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Any, ClassVar

from connectors.base import Scope
from connectors.monday import members, queries
from connectors.monday.answer import Answer, Broken
from connectors.monday.client import BATCH, MondayClient, listed
from connectors.monday.kinds import ACCOUNT, BOARD, TAG, TEAM, USER, WORKSPACE
from connectors.monday.queries import Document
from connectors.monday.split import bare_id, opened, space_id, without
from connectors.monday.state import Known
from store.canonical import encode
from store.record import JsonObject, Kind, WorkspaceId

BOARD_TYPES = frozenset({"board", "custom_object"})
_DIGEST_CHARS = 24
_EVIDENCE = ("updated_at", "items_count", "last_log", "last_update", "last_item")
_PAGED = ("users", "left", "workspaces", "folders", "docs", "boards", "archived")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBoard:
    """A board in the listing."""

    kind: ClassVar[Kind] = BOARD
    workspace_id: WorkspaceId
    name: str
    space_id: WorkspaceId | None
    state: str
    hidden_id: str | None
    """The board of its subitems."""
    digest: str
    readers: tuple[str, ...]
    """The grants that see it."""
    has_evidence: bool
    is_custom: bool
    """A board of another product: its structure is read, and items it has none."""

    def is_taken(self, scope: Scope) -> bool:
        """Whether it is in scope, itself or with its workspace."""
        return scope.takes(self.workspace_id, *([self.space_id] if self.space_id else []))

    def changed_since(self, known: Known) -> str | None:
        """Return why it has to be read, or None where it need not be."""
        if known.again:
            return "not stable or not whole when last read"
        if known.digest != self.digest:
            return "listed fields, the newest entry of its log, its newest update or item differ"
        return None if self.has_evidence else "the app does not say what is newest on it"

    def in_turn(self) -> Sequence[str]:
        """Return the grants to read it with: turned by its id, so that the rate budgets of all grants are used."""
        turn = int(hashlib.sha256(self.workspace_id.encode()).hexdigest()[:8], 16) % len(self.readers)
        return (*self.readers[turn:], *self.readers[:turn])


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSpace:
    """A workspace in the listing, with what lies in it beside boards. All but the blocks of documents is there."""

    kind: ClassVar[Kind] = WORKSPACE
    workspace_id: WorkspaceId
    name: str
    content: JsonObject = field(repr=False)
    folders: Mapping[str, JsonObject] = field(default_factory=dict, repr=False)
    docs: Mapping[str, JsonObject] = field(default_factory=dict, repr=False)
    readers: tuple[str, ...]
    doc_readers: Mapping[str, str] = field(default_factory=dict)
    """Which grant saw a document: private ones are seen by few."""

    @property
    def digest(self) -> str:
        """Of all that the listing says."""
        return digest([self.content, dict(self.folders), dict(self.docs)])

    def is_taken(self, scope: Scope) -> bool:
        """Whether it is in scope."""
        return scope.takes(self.workspace_id)

    def changed_since(self, known: Known) -> str | None:
        """Return why it has to be read, or None where it need not be."""
        if known.again:
            return "not whole when last read"
        return None if known.digest == self.digest else "listed fields, folders or documents differ"

    def in_turn(self) -> Sequence[str]:
        """Return the grants to read it with."""
        return self.readers


Seen = SeenBoard | SeenSpace


@dataclass(slots=True)
class Listing:
    """What all grants see together."""

    people: dict[Kind, dict[str, JsonObject]] = field(
        default_factory=lambda: {x: {} for x in (ACCOUNT, USER, TEAM, TAG)}
    )
    spaces: dict[WorkspaceId, SeenSpace] = field(default_factory=dict)
    boards: dict[WorkspaceId, SeenBoard] = field(default_factory=dict)
    loose_docs: dict[str, JsonObject] = field(default_factory=dict)
    """Documents that name no workspace that is listed."""
    loose_readers: dict[str, str] = field(default_factory=dict)
    version: tuple[str, str] | None = None
    """The version that answered and what the app calls it: `current`."""
    bad: list[str] = field(default_factory=list)
    """What of the listing could not be understood."""

    def __contains__(self, workspace_id: WorkspaceId) -> bool:
        return workspace_id in self.boards or workspace_id in self.spaces

    def in_order(self) -> Iterator[Seen]:
        """Go over everything, always in the same order: workspaces first, so that parents come before boards."""
        yield from (self.spaces[found] for found in sorted(self.spaces))
        yield from (self.boards[found] for found in sorted(self.boards))

    @property
    def account_tags(self) -> frozenset[str]:
        """The tags that no board has for itself."""
        return frozenset(self.people[TAG])

    @property
    def unseen(self) -> Iterator[str]:
        """Name the lists of people and teams that nobody was given, by what they are of."""
        teams = ((f"team/{found}", value, members.OF_TEAM) for found, value in self.people[TEAM].items())
        spaces = ((f"workspace/{bare_id(x)}", space.content, members.OF_SPACE) for x, space in self.spaces.items())
        for where, value, names in chain(teams, spaces):
            yield from (f"{where}/{name}" for name in names if value.get(name) is None)

    @property
    def main_space(self) -> WorkspaceId | None:
        """The main workspace: boards in it say that they are in none."""
        found = (space.workspace_id for space in self.spaces.values() if space.content.get("is_default_workspace"))
        return next(found, None)


@dataclass(slots=True)
class _Pages:
    """All that one grant was told."""

    lists: dict[str, dict[str, JsonObject]] = field(default_factory=lambda: {name: {} for name in _PAGED})
    once: dict[str, Any] = field(default_factory=dict)
    evidence: bool = True


async def list_all(client: MondayClient, into: Listing) -> None:
    """Ask for all that a grant's owner can see, page by page until every list is at its end."""
    pages = await _pages(client, into)
    grant_id = client.grant.grant_id
    _take_people(pages, into)
    spaces = list(pages.lists["workspaces"].values())
    everybody = await members.complete(client, spaces)
    for value in spaces:
        _take_space({**value, **everybody.get(value["id"], {})}, grant_id, into)
    main = into.main_space
    for value in pages.lists["folders"].values():
        _shelve(value, "folders", value.get("workspace"), grant_id, into)
    for value in pages.lists["docs"].values():
        _shelve(value, "docs", {"id": value.get("workspace_id")} if value.get("workspace_id") else None, grant_id, into)
    every = {**pages.lists["boards"], **pages.lists["archived"]}
    hidden = await _hidden_boards(client, every, pages)
    for value in every.values():
        if value.get("type") in BOARD_TYPES or value.get("type") is None:
            _take_board(value, hidden.get(_hidden_of(value) or ""), main, client, into, evidence=pages.evidence)


async def _pages(client: MondayClient, into: Listing) -> _Pages:
    pages = _Pages()
    document: Document = queries.LISTING
    for page in count(1):
        try:
            answer = await client.ask(document, page=page, first=page == 1)
        except Broken:
            if document is queries.LISTING_LIGHT:
                raise
            # One board can break the evidence of all: then none is asked for, and boards are read instead.
            document, pages.evidence = queries.LISTING_LIGHT, False
            answer = await client.ask(document, page=page, first=page == 1)
        if page == 1:
            pages.once = {name: answer.data.get(name) for name in ("version", "account", "teams", "tags")}
        if not _take_page(answer, pages, into):
            return pages
    raise AssertionError  # count never ends


def _take_page(answer: Answer, pages: _Pages, into: Listing) -> int:
    """Take in one page; returns how many entries it had: a listing ends with an empty page, not with a short one."""
    found = 0
    for name in _PAGED:
        values = listed(answer, name)
        for value in values:
            found += 1
            key = _text(value, "id")
            if key is None:
                into.bad.append(name)
                continue
            pages.lists[name].setdefault(key, value)
    return found


async def _hidden_boards(
    client: MondayClient, boards: Mapping[str, JsonObject], pages: _Pages
) -> Mapping[str, JsonObject]:
    """Return the boards of subitems, asking for those that were not listed beside their boards."""
    wanted = {hidden for value in boards.values() if (hidden := _hidden_of(value)) is not None}
    found = {hidden: boards[hidden] for hidden in wanted & boards.keys()}
    missing = sorted(wanted - found.keys()) if pages.evidence else []
    for start in range(0, len(missing), BATCH):
        values, _ = await client.ask_list(queries.EVIDENCE, "boards", ids=missing[start : start + BATCH])
        found |= {key: value for value in values if (key := _text(value, "id")) is not None}
    return found


def _take_people(pages: _Pages, into: Listing) -> None:
    version = pages.once.get("version")
    if isinstance(version, dict):
        into.version = (str(version.get("value")), str(version.get("kind")))
    account = pages.once.get("account")
    if isinstance(account, dict) and _text(account, "id"):
        into.people[ACCOUNT].setdefault(account["id"], account)
    for value in (*pages.lists["users"].values(), *pages.lists["left"].values()):
        into.people[USER].setdefault(value["id"], value)
    for name, kind in (("teams", TEAM), ("tags", TAG)):
        values = pages.once.get(name)
        if not isinstance(values, list):
            into.bad.append(name)
            continue
        for value in values:
            if (key := _text(value, "id")) is None:
                into.bad.append(name)
            elif kind == TEAM:
                into.people[kind].setdefault(key, {**value, **members.lists(value, members.OF_TEAM)})
            else:
                into.people[kind].setdefault(key, value)


def _take_space(value: JsonObject, reader: str, into: Listing) -> None:
    found, people = space_id(value["id"]), members.lists(value, members.OF_SPACE)
    held = into.spaces.get(found)
    if held is not None:
        seen = {name: part for name, part in people.items() if held.content.get(name) is None}
        into.spaces[found] = replace(held, readers=(*held.readers, reader), content={**held.content, **seen})
        return
    name = _text(value, "name") or value["id"]
    into.spaces[found] = SeenSpace(workspace_id=found, name=name, content={**value, **people}, readers=(reader,))


def _shelve(value: JsonObject, shelf: str, where: Any, reader: str, into: Listing) -> None:
    """Put a folder or document into its workspace; what names none is in the main one."""
    named = _text(where, "id")
    space = into.spaces.get(space_id(named)) if named else into.spaces.get(into.main_space or WorkspaceId(""))
    if space is None:
        if shelf == "docs":
            into.loose_docs.setdefault(value["id"], value)
            into.loose_readers.setdefault(value["id"], reader)
        return
    held = {value["id"]: value, **getattr(space, shelf)}
    changes: dict[str, Any] = {shelf: held}
    if shelf == "docs":
        changes["doc_readers"] = {value["id"]: reader, **space.doc_readers}
    into.spaces[space.workspace_id] = replace(space, **changes)


def _take_board(
    value: JsonObject,
    hidden: JsonObject | None,
    main: WorkspaceId | None,
    client: MondayClient,
    into: Listing,
    *,
    evidence: bool,
) -> None:
    board_id, reader = WorkspaceId(value["id"]), client.grant.grant_id
    held = into.boards.get(board_id)
    if held is not None:
        into.boards[board_id] = replace(held, readers=(*held.readers, reader))
        return
    owner = _text(value, "workspace_id")
    space = space_id(owner) if owner else main
    told = [value.get(name) for name in _EVIDENCE] + ([hidden.get(name) for name in _EVIDENCE] if hidden else [])
    is_active = value.get("state") == "active"
    lacks = any(value.get(name) is None for name in ("last_log", "last_update", "last_item"))
    into.boards[board_id] = SeenBoard(
        workspace_id=board_id,
        name=_text(value, "name") or board_id,
        # A guest on a board does not see the workspace that it lies in.
        space_id=space if space in into.spaces else None,
        state=_text(value, "state") or "active",
        hidden_id=_hidden_of(value),
        digest=digest([without(BOARD, value), told]),
        readers=(reader,),
        # Of archived boards nothing newest is asked: their own time has to do.
        has_evidence=evidence and not (is_active and lacks),
        is_custom=value.get("type") == "custom_object",
    )


def evidence_of(value: Mapping[str, Any]) -> str:
    """Return a digest of what is newest on a board, to tell whether it changed while it was read."""
    return digest([value.get(name) for name in _EVIDENCE])


def digest(value: Any) -> str:
    """Return a short digest of JSON."""
    return hashlib.sha256(encode(value)).hexdigest()[:_DIGEST_CHARS]


def _hidden_of(value: JsonObject) -> str | None:
    """Return the board of a board's subitems, which the settings of a column name."""
    columns = value.get("columns")
    for column in columns if isinstance(columns, list) else ():
        settings = opened(column.get("settings")) if isinstance(column, dict) else None
        boards = settings.get("boardIds", settings.get("board_ids")) if isinstance(settings, dict) else None
        if isinstance(boards, list) and boards and isinstance(boards[0], str | int):
            return str(boards[0])
    return None


def _text(value: Any, name: str) -> str | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) and found and "\0" not in found else None

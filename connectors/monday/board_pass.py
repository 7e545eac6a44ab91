"""Board pass: one going over a board and the hidden one of its subitems, from its structure to its evidence."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain, count
from typing import Any

from connectors.base import File, Held, Item, Kept, Warned, WarningCode
from connectors.errors import ConnectorError, Gone
from connectors.gather import gather
from connectors.monday import kinds, queries, split
from connectors.monday.answer import Answer, Broken
from connectors.monday.board_log import BoardLog, as_asked
from connectors.monday.board_updates import BoardUpdates
from connectors.monday.client import BATCH, MondayClient
from connectors.monday.items import PAGE, ItemReader, item_query
from connectors.monday.kinds import KINDS
from connectors.monday.listing import SeenBoard, digest, evidence_of
from connectors.monday.queries import Document
from connectors.monday.split import Bad, Piece, Upload
from connectors.monday.state import Known
from store.record import FILE_KIND, ExternalId, Kind, ParentRef, Record, WorkspaceId

_BLOCK_PAGE = 100
_MOST_FORMULAS = 5
_PEOPLE_KINDS = {kinds.ACCOUNT, kinds.USER, kinds.TEAM}
_OF_SPACE = {kinds.WORKSPACE, kinds.FOLDER, kinds.DOC}
OF_BOARD = frozenset(KINDS) - _PEOPLE_KINDS - _OF_SPACE - {kinds.ACTIVITY}
"""What a board has a complete listing of: all but its log, which forgets."""
_ITEM_KINDS = (kinds.ITEM, kinds.SUBITEM)
BELOW_ITEM = (kinds.SUBITEM, kinds.DOC_BLOCK, kinds.UPDATE, kinds.REPLY, kinds.ASSET, kinds.FILE)
"""What hangs below an item, each after what it can hang below."""


@dataclass(slots=True, kw_only=True)
class Pass:
    """One going over a board, and over the hidden one of its subitems."""

    client: MondayClient
    seen: SeenBoard
    remembered: Known | None
    full: bool
    """Everything, whatever is remembered."""
    held: Held
    account_tags: frozenset[str]
    now: datetime
    count: Callable[..., None]
    """Counts what was asked."""
    failed: set[Kind] = field(default_factory=set)
    claimed: dict[Kind, int] = field(default_factory=dict)
    doubtful: bool = False
    settled: bool = False
    structure: str = ""
    mirrors: tuple[str, ...] = ()
    formulas: bool = True
    whole: bool = True
    """Whether every item is read, changed or not."""
    since: datetime | None = None
    newest_item: datetime | None = None
    shelved: str = ""
    kind_of: dict[str, Kind] = field(default_factory=dict)
    """What each item is that was met: an item, or one below another."""
    present: set[str] = field(default_factory=set)
    """Items that are there and were not read."""
    described: set[str] = field(default_factory=set)
    gallery: dict[str, tuple[ParentRef, Any]] = field(default_factory=dict)
    """Uploads in no column, until it is known whether an update has them."""
    given: set[tuple[bool, str]] = field(default_factory=set)
    """Uploads that were given: their records, and their bytes."""
    old_updates: set[str] = field(default_factory=set)
    """Updates that were not read again."""
    moved: dict[str, str] = field(default_factory=dict)
    """Items held here that are on another board now, each with that board's id."""
    held_items: Collection[str] = frozenset()
    """What the last snapshot has of them."""
    archived: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(_ITEM_KINDS, 0))
    before: tuple[str, ...] = ()
    faults: defaultdict[str, dict[str, ConnectorError]] = field(default_factory=lambda: defaultdict(dict))
    """What kept a part of a board from being given, by board and part."""
    log: BoardLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = BoardLog(client=self.client, known=self.known, count=self.count)

    @property
    def board_id(self) -> WorkspaceId:
        """Which board is read."""
        return self.seen.workspace_id

    @property
    def ids(self) -> list[str]:
        """The board, and the one of its subitems."""
        hidden = self.seen.hidden_id
        return [self.board_id, *([hidden] if hidden else [])]

    @property
    def known(self) -> Known | None:
        """Return what need not be read again; None where everything is."""
        return None if self.full else self.remembered

    async def items(self) -> AsyncIterator[Item]:
        """Go over it. Raises Gap where its log does not reach back to what is held: then it has to be read in full."""
        structure = await self._ask(queries.STRUCTURE, ids=self.ids)
        for item in self._structure(structure):
            yield item
        if self.seen.is_custom:
            self.settled = True
            return
        self._plan(structure)
        contents = await self._contents()
        async for item in self._activities(contents):
            yield item
        async for item in self._items(contents):
            yield item
        async for item in self._unlisted():
            yield item
        async for item in self._descriptions():
            yield item
        async for item in self._updates(contents):
            yield item
        for item in self._rest_of_gallery(await self.held(self.board_id, kinds.ASSET)):
            yield item
        async for item in self._kept():
            yield item
        # Last: evidence as before says that nothing moved under any of the requests above.
        after = await self._ask(queries.EVIDENCE, ids=self.ids)
        self.settled = self.before == _evidence(after)
        self._claim(after)

    def learnt(self) -> Known:
        """Return what to remember."""
        seen, known = self.seen, self.remembered
        return Known(
            kind=seen.kind,
            digest=seen.digest,
            space_id=seen.space_id,
            structure=self.structure,
            mirrors=self.mirrors,
            items_at=_latest(self.newest_item, known.items_at if known else None),
            read_at=self.now,
            logs={**(known.logs if known else {}), **self.log.learnt},
            shelved=self.shelved,
            again=self.doubtful or not self.settled,
            moved=self.moved,
            arrived=self._arrived() if known is not None else frozenset(),
        )

    def _arrived(self) -> frozenset[str]:
        here = (found for found, kind in self.kind_of.items() if kind == kinds.ITEM)
        return frozenset(here).difference(self.held_items)

    # Structure

    async def _ask(self, document: Document, **variables: Any) -> Mapping[str, Mapping[str, Any]]:
        """Ask about both boards; returns them by id. What is missing in one of them is a warning of its own."""
        values, answer = await self.client.ask_list(document, "boards", **variables)
        self.count()
        found = {value["id"]: value for value in values if isinstance(value, dict) and isinstance(value.get("id"), str)}
        if self.board_id not in found:
            refused = next((fault for fault in answer.below("boards") if len(fault.path) == 1), None)
            raise refused.error(answer.place) if refused else Gone(f"board {self.board_id} was not given")
        self._note(answer, values)
        return found

    def _note(self, answer: Answer, values: Sequence[Any]) -> None:
        """Keep what went wrong with parts of an answer, to be told where that part is looked for."""
        for fault in answer.faults:
            if len(fault.path) > 1 and isinstance(fault.path[1], int) and fault.path[1] < len(values):
                value = values[fault.path[1]]
                board_id = value.get("id") if isinstance(value, dict) else None
                part = next(iter(fault.path[2:]), "")
                self.faults[str(board_id)][str(part)] = fault.error(answer.place)

    def _structure(self, boards: Mapping[str, Mapping[str, Any]]) -> Iterator[Item]:
        value = boards[self.board_id]
        self.before = _evidence(boards)
        for board_id, each in boards.items():
            self.log.meet(board_id, each.get("last_log"))
        yield from self._refused(value, "columns", kinds.COLUMN)
        yield from self._refused(value, "groups", kinds.GROUP)
        yield from self._refused(value, "views", kinds.VIEW)
        hidden = boards.get(self.seen.hidden_id or "")
        yield from self._give(split.board(value, self.account_tags, hidden))
        if hidden is not None:
            found = split.columns(self.board_id, kinds.SUBITEM_COLUMN, hidden["id"], hidden.get("columns"))
            yield from self._give(found)
        elif self.seen.hidden_id is not None:
            self.failed.update({kinds.SUBITEM, kinds.SUBITEM_COLUMN})
            message = "the board of the subitems was not given"
            yield Warned(code=WarningCode.FORBIDDEN, where=f"board/{self.board_id}/subitem", message=message)
        columns = [column for each in boards.values() for column in _list(each.get("columns"))]
        self.structure = digest([split.without(kinds.COLUMN, column) for column in columns if isinstance(column, dict)])
        self.mirrors = tuple(sorted(_mirrored(columns)))
        formulas = sum(isinstance(column, dict) and column.get("type") == "formula" for column in columns)
        self.formulas = formulas <= _MOST_FORMULAS
        if not self.formulas:
            message = (
                f"monday.com gives the results of {_MOST_FORMULAS} formulas at most, and this board has {formulas}"
            )
            yield Warned(code=WarningCode.CAP_MET, where=f"board/{self.board_id}/formula", message=message)

    def _refused(self, value: Mapping[str, Any], name: str, kind: Kind) -> Iterator[Item]:
        """Say that a part of the board may not be seen. What is held of it stays."""
        error = self.faults[str(value.get("id"))].get(name)
        if error is not None and value.get(name) is None:
            self.failed.add(kind)
            where = f"board/{self.board_id}/{kind}"
            yield Warned(code=WarningCode.FORBIDDEN, where=where, message=str(error))

    def _plan(self, boards: Mapping[str, Mapping[str, Any]]) -> None:
        """Decide whether every item is read: always where that costs no more than asking what changed."""
        known = self.known
        counts = [each.get("items_count") for each in boards.values()]
        is_small = all(isinstance(count, int) and count <= PAGE for count in counts)
        self.whole = known is None or known.items_at is None or known.structure != self.structure or is_small
        newest = known.items_at if known is not None else None
        self.since = None if self.whole or known is None or newest is None else known.since(newest)

    # Items

    async def _contents(self) -> Mapping[str, Mapping[str, Any]]:
        """Ask for the first page of everything. Where that breaks the app, each is asked for by itself later."""
        moments = [self.log.since(board_id) for board_id in self.ids if self.log.has_news(board_id)]
        since = min((found for found in moments if found is not None), default=None)
        if not moments:
            since = self.now
        elif None in moments:
            since = None
        try:
            return await self._ask(
                queries.CONTENTS,
                ids=self.ids,
                query=item_query(self.since),
                items=PAGE,
                since=as_asked(since) if since else None,
                updated=None,
                formulas=self.formulas,
            )
        except Broken:
            return {}

    async def _items(self, contents: Mapping[str, Mapping[str, Any]]) -> AsyncIterator[Item]:
        for board_id in self.ids:
            reader = self._item_reader(board_id, self.since)
            kind = kinds.ITEM if board_id == self.board_id else kinds.SUBITEM
            first = contents.get(board_id, {}).get("items_page")
            error = self.faults[board_id].get("items_page")
            if first is None and error is not None and not isinstance(error, Broken):
                self.failed.add(kind)
                yield Warned(code=WarningCode.FORBIDDEN, where=f"board/{self.board_id}/{kind}", message=str(error))
                continue
            async for values in reader.read(first if isinstance(first, dict) else None):
                for item in self._give_items(board_id, values):
                    yield item
            for item in self._unreadable(reader, kind):
                yield item
            self.newest_item = _latest(self.newest_item, reader.newest)
            self.count(reader.pages)

    def _item_reader(self, board_id: str, since: datetime | None) -> ItemReader:
        return ItemReader(client=self.client, board_id=board_id, formulas=self.formulas, since=since)

    def _give_items(self, board_id: str, values: Sequence[Any]) -> Iterator[Item]:
        for value in values:
            found = value.get("id") if isinstance(value, dict) else None
            if not isinstance(found, str):
                continue
            kind = kinds.SUBITEM if value.get("parent_item") else kinds.ITEM
            self.kind_of[found] = kind
            if value.get("state") == "archived":
                self.archived[kind] += 1
            if isinstance(value.get("description"), dict):
                self.described.add(found)
            ref = ParentRef(kind=kind, external_id=ExternalId(found))
            for upload in _list(value.get("gallery")):
                if isinstance(upload, dict) and isinstance(upload.get("id"), str):
                    self.gallery[upload["id"]] = (ref, upload)
        yield from self._give(split.items(self.board_id, board_id, values))

    def _unreadable(self, reader: ItemReader, kind: Kind) -> Iterator[Item]:
        for item_id in reader.unreadable:
            where = f"board/{self.board_id}/{kind}/{item_id}"
            piece = Bad(
                kind=kind,
                where=where,
                message="the app fails when it is asked for",
                external_id=ExternalId(item_id),
            )
            yield from self._other(piece)

    async def _unlisted(self) -> AsyncIterator[Item]:
        """Tell apart what listings leave out: archived items are read by id, deleted ones are not given any more."""
        held = {kind: await self.held(self.board_id, kind) for kind in _ITEM_KINDS}
        self.held_items = held[kinds.ITEM]
        if self.failed.intersection(_ITEM_KINDS):
            return
        listed = set(self.kind_of) if self.whole else set(self.kind_of) | await self._listed_ids()
        for kind in _ITEM_KINDS:
            self._keep(kind, (found for found in held[kind] if found in listed and found not in self.kind_of))
        away = {str(found) for kind in _ITEM_KINDS for found in held[kind]} - listed
        away |= self.log.touched - listed
        as_before = self.known is not None and digest(sorted(away)) == self.known.shelved
        quiet = away - self.log.touched if as_before else set()
        for kind in _ITEM_KINDS:
            still = [found for found in held[kind] if found in quiet]
            self._keep(kind, still)
            self.archived[kind] += len(still)
        # Listed, and neither changed nor held: searching by change shows it late.
        late = listed - self.kind_of.keys()
        reader = self._item_reader(self.board_id, None)
        async for values in reader.by_id(sorted(late | (away - quiet))):
            here = [value for value in values if _is_here(value, self.ids)]
            self.moved.update(_elsewhere(values, held[kinds.ITEM], self.ids))
            quiet.update(value["id"] for value in here if value.get("state") != "active")
            for board_id in self.ids:
                for item in self._give_items(board_id, [x for x in here if x["board"]["id"] == board_id]):
                    yield item
        self.count(reader.pages)
        for item in self._unreadable(reader, kinds.ITEM):
            yield item
        self.shelved = digest(sorted(quiet)) if quiet else ""

    async def _listed_ids(self) -> set[str]:
        """Ask for the ids of everything that is listed, without contents."""
        listed: set[str] = set()
        for board_id in self.ids:
            reader = self._item_reader(board_id, None)
            listed.update([found async for found in reader.ids()])
            self.count(reader.pages)
        return listed

    def _keep(self, kind: Kind, item_ids: Iterable[ExternalId]) -> None:
        for found in item_ids:
            self.present.add(found)
            self.kind_of[found] = kind

    async def _descriptions(self) -> AsyncIterator[Item]:
        """Read the documents that describe items."""
        ids = sorted(self.described)
        for start in range(0, len(ids), BATCH):
            waiting = ids[start : start + BATCH]
            for page in count(1):
                values, _ = await self.client.ask_list(queries.DESCRIPTIONS, "items", ids=waiting, page=page)
                self.count()
                waiting = []
                for value in values:
                    found = value.get("id") if isinstance(value, dict) else None
                    about = value.get("description") if isinstance(value, dict) else None
                    if not isinstance(found, str) or not isinstance(about, dict):
                        continue
                    blocks = about.get("blocks")
                    ref = ParentRef(kind=self.kind_of.get(found, kinds.ITEM), external_id=ExternalId(found))
                    for item in self._give(split.blocks(self.board_id, ref, blocks)):
                        yield item
                    if len(_list(blocks)) >= _BLOCK_PAGE:
                        waiting.append(found)
                if not waiting:
                    break

    # Updates

    async def _updates(self, contents: Mapping[str, Mapping[str, Any]]) -> AsyncIterator[Item]:
        held = await self.held(self.board_id, kinds.UPDATE) if self.known is not None else None
        updates = BoardUpdates(client=self.client, held=held, count=self.count)
        for board_id in self.ids:
            first = contents.get(board_id, {}).get("updates")
            if first is None and "updates" in self.faults[board_id]:
                self.failed.update({kinds.UPDATE, kinds.REPLY})
                message = str(self.faults[board_id]["updates"])
                where = f"board/{self.board_id}/update"
                yield Warned(code=WarningCode.FORBIDDEN, where=where, message=message)
                continue
            async for values in updates.read(board_id, first):
                for item in self._give(split.updates(self.board_id, self.kind_of, values)):
                    yield item
        # What was not read again is kept, of items that are there.
        self.old_updates.update(found for found, item_id in updates.older.items() if item_id in self.kind_of)

    # The log

    async def _activities(self, contents: Mapping[str, Mapping[str, Any]]) -> AsyncIterator[Item]:
        for board_id in self.ids:
            if not self.log.has_news(board_id):
                continue
            first = contents.get(board_id, {}).get("activity_logs")
            if first is None and "activity_logs" in self.faults[board_id]:
                message = str(self.faults[board_id]["activity_logs"])
                where = f"board/{self.board_id}/activity"
                yield Warned(code=WarningCode.FORBIDDEN, where=where, message=message)
                continue
            async for values in self.log.read(board_id, first if isinstance(first, list) else None):
                for item in self._give(split.activities(self.board_id, values)):
                    yield item

    # What is left

    def _rest_of_gallery(self, held: Mapping[ExternalId, ExternalId | None]) -> Iterator[Item]:
        """Give the uploads that no update has; those of updates that were not read again are kept with these."""
        for asset_id, (ref, value) in self.gallery.items():
            if (True, asset_id) in self.given or held.get(ExternalId(asset_id)) in self.old_updates:
                continue
            yield from self._give(split.assets(self.board_id, ref, [value]))

    async def _kept(self) -> AsyncIterator[Item]:
        """Keep what was not read of items and updates that are there, and all that lies below them."""
        if not self.present and not self.old_updates:
            return
        for kind in _ITEM_KINDS:
            here = [ExternalId(found) for found in self.present if self.kind_of[found] == kind]
            yield Kept(workspace_id=self.board_id, kind=kind, external_ids=here)
        updates = [ExternalId(found) for found in self.old_updates]
        yield Kept(workspace_id=self.board_id, kind=kinds.UPDATE, external_ids=updates)
        above = self.present | self.old_updates
        for kind in (kinds.DOC_BLOCK, kinds.REPLY, kinds.ASSET, FILE_KIND):
            held = await self.held(self.board_id, kind)
            given = {found for is_record, found in self.given if is_record == (kind == kinds.ASSET)}
            below = [found for found, parent in held.items() if parent in above and found not in given]
            if kind in {kinds.REPLY, kinds.ASSET}:
                above |= set(below)
            yield Kept(workspace_id=self.board_id, kind=kind, external_ids=below)

    def _claim(self, boards: Mapping[str, Mapping[str, Any]]) -> None:
        """Note how many items the app counts: the active ones, to which those are added that it calls archived."""
        hidden = self.seen.hidden_id
        for board_id, kind in ((self.board_id, kinds.ITEM), (hidden, kinds.SUBITEM)):
            counted = boards.get(board_id or "", {}).get("items_count")
            if isinstance(counted, int) and not isinstance(counted, bool) and kind not in self.failed:
                self.claimed[kind] = counted + self.archived[kind]

    def _give(self, pieces: Iterable[Piece]) -> Iterator[Item]:
        return gather(chain.from_iterable(map(self._once, pieces)), self._other)

    def _once(self, piece: Piece) -> Iterator[Piece]:
        """Give each upload once, wherever it is shown."""
        key = None
        if isinstance(piece, Record) and piece.kind == kinds.ASSET:
            key = (True, str(piece.external_id))
        elif isinstance(piece, Upload):
            key = (False, piece.asset_id)
        if key is None or key not in self.given:
            yield piece
        if key is not None:
            self.given.add(key)

    def _other(self, piece: Upload | Bad) -> Iterator[Item]:
        if isinstance(piece, Upload):
            self.client.expect([piece.asset_id])
            yield file_of(piece, self.client)
            return
        self.doubtful = True
        yield Warned(code=WarningCode.BAD_RECORD, where=piece.where, message=piece.message)
        if piece.external_id is None:
            self.failed.add(piece.kind)
        elif piece.kind in _ITEM_KINDS:
            # What is held of it stays, in whichever of the two kinds that is.
            self._keep(piece.kind, [piece.external_id])
            both = frozenset(_ITEM_KINDS)
            for kind in both:
                yield Kept(workspace_id=self.board_id, kind=kind, external_ids=[piece.external_id])
        else:
            self.old_updates.add(piece.external_id)


def file_of(upload: Upload, client: MondayClient) -> File:
    """Make a file of an upload."""
    return File(
        workspace_id=upload.workspace_id,
        external_id=ExternalId(upload.asset_id),
        parent=ParentRef(kind=kinds.ASSET, external_id=ExternalId(upload.asset_id)),
        name=upload.name,
        media_type=None,
        size_bytes=upload.size_bytes,
        revision=upload.revision,
        open=partial(client.download, upload.asset_id, upload.size_bytes),
    )


def _evidence(boards: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(evidence_of(boards[found]) for found in sorted(boards))


def _mirrored(columns: Iterable[Any]) -> Iterator[str]:
    """Name the boards that mirror columns show values of."""
    for column in columns:
        if not isinstance(column, dict) or column.get("type") != "mirror":
            continue
        settings = split.opened(column.get("settings"))
        shown = settings.get("displayed_linked_columns") if isinstance(settings, dict) else None
        if isinstance(shown, dict):
            yield from (str(board_id) for board_id in shown)
        for entry in _list(shown):
            if isinstance(entry, dict) and isinstance(entry.get("board_id"), str | int):
                yield str(entry["board_id"])


def _is_here(value: Any, board_ids: Sequence[str]) -> bool:
    board = value.get("board") if isinstance(value, dict) else None
    is_there = isinstance(board, dict) and board.get("id") in board_ids and isinstance(value.get("id"), str)
    return is_there and value.get("state") != "deleted"


def _elsewhere(values: Iterable[Any], held: Collection[str], board_ids: Collection[str]) -> Iterator[tuple[str, str]]:
    """Name the items held here that lie on another board, and that board."""
    for value in values:
        board = value.get("board") if isinstance(value, dict) and value.get("id") in held else None
        board_id = board.get("id") if isinstance(board, dict) else None
        if isinstance(board_id, str) and board_id not in board_ids and value.get("state") != "deleted":
            yield value["id"], board_id


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


def _list(values: Any) -> list[Any]:
    return values if isinstance(values, list) else []

"""Board: one board read whole, page by page, with what it says of itself checked at the end."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from connectors.base import Anew, Complete, Deleted, File, Held, Item, Ledger, Warned, WarningCode
from connectors.errors import BadReply, Forbidden, Gone
from connectors.gather import gather
from connectors.trello import kinds, split
from connectors.trello.absent import Departures, look_into
from connectors.trello.client import PAGE, Page, TrelloClient
from connectors.trello.kinds import COMMENT_TYPES, KINDS
from connectors.trello.moved import Moves
from connectors.trello.split import Bad, Piece, Upload
from store.record import ExternalId, Kind, ParentRef, Record, WorkspaceId

PASSES = 3
"""How often a board that changes while it is read is read, before it is called unstable."""
_OVERLAP = timedelta(minutes=5)
"""How far before the newest known action history is asked for again: ids made by several servers are not in order."""
_OF_BOARD = frozenset(KINDS) - {kinds.ORGANIZATION, kinds.MEMBER, kinds.ACTION}


@dataclass(slots=True, kw_only=True)
class BoardReader:
    """Reads one board, once. Afterwards it knows what to remember."""

    board_id: WorkspaceId
    people: set[str]
    """Members already given in this cycle."""
    since: str | None
    """The newest action held; None to read the whole history."""
    evidence: str
    held: Held
    activity: str | None
    """Its `dateLastActivity` in the listing, then in the last pass."""
    last_action: str | None = None
    stable: bool = True
    """Whether the first pass found it as listed."""
    settled: bool = False
    """Whether the last pass found it as it was before."""
    doubtful: bool = False
    """Whether something in it could not be understood: worth another look next time."""
    moved: Moves = field(default_factory=dict)
    """Cards held here that are on another board now."""
    _pages: int = 0
    _claimed: Counter[Kind] = field(default_factory=Counter)
    _failed: set[Kind] = field(default_factory=set)
    _short_votes: list[str] = field(default_factory=list)
    _listed: set[str] = field(default_factory=set)
    _departures: Departures = field(default_factory=Departures)

    async def read(self, client: TrelloClient) -> AsyncIterator[Item]:
        """Read it, again while it changes: a pass that is made anew replaces the one before."""
        for number in range(PASSES):
            if number:
                yield Anew(workspace_ids=frozenset({self.board_id}))
            before = self.activity
            async for item in self._pass(client):
                yield item
            if before == self.activity:
                self.settled = True
                break
            self.stable = False
        else:
            message = f"the board changed while it was read, {PASSES} times running"
            yield Warned(code=WarningCode.UNSTABLE, where=f"board/{self.board_id}", message=message)
        listed = _OF_BOARD if self.since else _OF_BOARD | {kinds.ACTION}
        yield Complete(workspace_id=self.board_id, kinds=listed - self._failed)
        yield Ledger(
            workspace_id=self.board_id,
            read="changed" if self.since else "full",
            evidence=self.evidence,
            pages=self._pages,
            claimed=dict(self._claimed),
            grant_id=client.grant.grant_id,
        )

    async def _pass(self, client: TrelloClient) -> AsyncIterator[Item]:
        self._claimed.clear()
        self._failed.clear()
        self.doubtful = False
        self._short_votes.clear()
        self._listed.clear()
        self._departures = Departures()
        async for item in self._cards(client):
            yield item
        async for item in self._history(client):
            yield item
        async for item in self._absent(client):
            yield item
        async for item in self._plugins(client):
            yield item
        async for item in self._votes(client):
            yield item
        # Last: a `dateLastActivity` as before says that nothing moved under any of the requests above.
        async for item in self._board(client):
            yield item

    async def _cards(self, client: TrelloClient) -> AsyncIterator[Item]:
        pages = client.pages(
            f"/boards/{self.board_id}/cards",
            ordered=False,
            filter="all",
            fields="all",
            attachments="true",
            checklists="all",
            customFieldItems="true",
            stickers="true",
            pluginData="true",
        )
        async for page in pages:
            for item in self._unfit(page, split.OF_CARD | {kinds.CARD}, "card"):
                yield item
            for value in page.items:
                self._claim(value)
            self._listed.update(found for value in page.items if (found := _id(value)))
            pieces = (piece for value in page.items for piece in split.card(self.board_id, value))
            for item in self._give(pieces, client):
                yield item

    async def _history(self, client: TrelloClient) -> AsyncIterator[Item]:
        path = f"/boards/{self.board_id}/actions"
        both = frozenset({kinds.ACTION, kinds.COMMENT})
        if self.since is None:
            listings = [client.pages(path, ordered=True, filter="all", reactions="true")]
        else:
            # Comments are edited and deleted without a trace in the history, so all are read; the rest only grows.
            listings = [
                client.pages(path, ordered=True, filter=",".join(sorted(COMMENT_TYPES)), reactions="true"),
                client.pages(path, ordered=True, filter="all", reactions="true", since=overlapping(self.since)),
            ]
        parent = ParentRef(kind=kinds.BOARD, external_id=ExternalId(self.board_id))
        newest = self.since or ""
        for position, pages in enumerate(listings):
            async for page in pages:
                for item in self._unfit(page, both, "action"):
                    yield item
                newest = max([newest, *(found for value in page.items if (found := _id(value)))])
                if pages is listings[-1]:
                    self._departures.learn(page.items)
                pieces = split.actions(self.board_id, parent, page.items)
                wanted = (piece for piece in pieces if position == 0 or not _is_comment(piece))
                for item in self._give(wanted, client):
                    yield item
        self.last_action = newest or None

    async def _absent(self, client: TrelloClient) -> AsyncIterator[Item]:
        """Find out what became of cards that are held and not listed, where nothing has told yet."""
        held = await self.held(self.board_id, kinds.CARD)
        absent = await look_into(client, self.board_id, held.keys() - self._listed, self._departures)
        self.moved = absent.moved
        if not absent.there and not absent.unknown:
            return
        self._failed.update({kinds.CARD, *split.OF_CARD})
        self.doubtful = True
        yield Deleted(workspace_id=self.board_id, kind=kinds.CARD, external_ids=absent.gone, below=split.OF_CARD)
        for card_id in absent.there:
            message = "the board's listing leaves it out, and it is there when asked for by itself"
            yield Warned(code=WarningCode.BAD_RECORD, where=f"board/{self.board_id}/card/{card_id}", message=message)
        if absent.unknown:
            message = f"{len(absent.unknown)} cards are listed no more, and nothing tells yet that they were deleted"
            yield Warned(code=WarningCode.BAD_RECORD, where=f"board/{self.board_id}/card", message=message)

    async def _plugins(self, client: TrelloClient) -> AsyncIterator[Item]:
        parent = ParentRef(kind=kinds.BOARD, external_id=ExternalId(self.board_id))
        try:
            found = await client.get_list(f"/boards/{self.board_id}/boardPlugins")
        except (BadReply, Forbidden, Gone) as error:
            self._failed.add(kinds.BOARD_PLUGIN)
            yield Warned(code=WarningCode.FORBIDDEN, where=f"board/{self.board_id}/boardPlugins", message=str(error))
            return
        self._pages += 1
        for item in self._give(split.each(self.board_id, kinds.BOARD_PLUGIN, found, parent), client):
            yield item

    async def _votes(self, client: TrelloClient) -> AsyncIterator[Item]:
        """Ask who voted, for cards that count more votes than they name."""
        if not self._short_votes:
            return
        for card_id, found in (await client.voters(self._short_votes)).items():
            if found is None:
                self._failed.add(kinds.VOTE)
                where = f"board/{self.board_id}/card/{card_id}/vote"
                yield Warned(code=WarningCode.FORBIDDEN, where=where, message="the app does not say who voted")
                continue
            for item in self._give(split.votes(self.board_id, card_id, [_id(voter) for voter in found]), client):
                yield item

    async def _board(self, client: TrelloClient) -> AsyncIterator[Item]:
        value = await client.get_object(
            f"/boards/{self.board_id}",
            fields="all",
            lists="all",
            list_fields="all",
            labels="all",
            label_fields="all",
            label_limit=str(PAGE),
            customFields="true",
            members="all",
            member_fields=kinds.PROFILE,
            memberships="all",
            pluginData="true",
        )
        self._pages += 1
        if value.get("id") != self.board_id:
            raise BadReply(f"board {self.board_id} was asked for, and another given")
        labels = value.get("labels")
        if isinstance(labels, list) and len(labels) >= PAGE:
            self._failed.add(kinds.LABEL)
            where = f"board/{self.board_id}/label"
            yield Warned(code=WarningCode.CAP_MET, where=where, message=f"Trello gives {PAGE} labels a board at most")
        for item in self._give(split.board(value), client):
            yield item
        people = value.get("members")
        if isinstance(people, list):
            people = [person for person in people if _id(person) not in self.people]
        for item in self._give(split.members(people), client):
            yield item
        self.people.update(found for person in people or () if (found := _id(person)))
        activity = value.get("dateLastActivity")
        self.activity = activity if isinstance(activity, str) else None

    def _unfit(self, page: Page, of: frozenset[Kind], what: str) -> Iterator[Item]:
        """Say what is wrong with a page, if anything."""
        self._pages += 1
        if page.unreadable is not None:
            self._failed.update(of)
            self.doubtful = True
            where = f"board/{self.board_id}/{what}/{page.unreadable}"
            yield Warned(code=WarningCode.BAD_RECORD, where=where, message="it could not be decoded")
        if page.cut:
            self._failed.update(of)
            message = f"a full page of {what}s gave no id to go on from"
            yield Warned(code=WarningCode.CAP_MET, where=f"board/{self.board_id}/{what}", message=message)

    def _claim(self, card: Any) -> None:
        """Add up what a card's badges say there is of it."""
        badges = card.get("badges") if isinstance(card, dict) else None
        card_id = _id(card)
        if not isinstance(badges, dict) or card_id is None:
            return
        linked = badges.get("attachmentsByType")
        trello = linked.get("trello") if isinstance(linked, dict) else None
        links = trello.values() if isinstance(trello, dict) else ()
        self._claimed[kinds.ATTACHMENT] += _number(badges.get("attachments")) + sum(map(_number, links))
        self._claimed[kinds.CHECK_ITEM] += _number(badges.get("checkItems"))
        self._claimed[kinds.COMMENT] += _number(badges.get("comments"))
        votes = _number(badges.get("votes"))
        self._claimed[kinds.VOTE] += votes
        named = card.get("idMembersVoted")
        if votes > (len(named) if isinstance(named, list) else 0):
            self._short_votes.append(card_id)

    def _give(self, pieces: Iterable[Piece], client: TrelloClient) -> Iterator[Item]:
        """Give records in batches; uploads as files, and what is bad as a warning."""
        return gather(pieces, lambda piece: self._rest(piece, client))

    def _rest(self, piece: Upload | Bad, client: TrelloClient) -> Iterator[Item]:
        if isinstance(piece, Upload):
            yield _file(piece, client)
            return
        self._failed.update(piece.kinds)
        self.doubtful = True
        yield Warned(code=WarningCode.BAD_RECORD, where=piece.where, message=piece.message)


def overlapping(action_id: str) -> str:
    """Return the id that an action made a little earlier would have: ids begin with the second they were made in."""
    try:
        made_at = datetime.fromtimestamp(int(action_id[:8], 16), UTC) - _OVERLAP
    except ValueError:
        return action_id
    return f"{max(0, int(made_at.timestamp())):08x}" + "0" * 16


def _file(upload: Upload, client: TrelloClient) -> File:
    return File(
        workspace_id=upload.workspace_id,
        external_id=ExternalId(upload.attachment_id),
        parent=ParentRef(kind=kinds.ATTACHMENT, external_id=ExternalId(upload.attachment_id)),
        name=upload.file_name,
        media_type=upload.media_type,
        size_bytes=upload.size_bytes,
        revision=upload.revision,
        open=partial(
            client.download,
            card_id=upload.card_id,
            attachment_id=upload.attachment_id,
            file_name=upload.file_name,
            size_bytes=upload.size_bytes,
        ),
    )


def _is_comment(piece: Piece) -> bool:
    return isinstance(piece, Record) and piece.kind == kinds.COMMENT


def _id(value: Any) -> str | None:
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0

"""World: everything the stand-in holds, and who may see it."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from connectors.monday.sandbox.errors import no_board, no_item
from connectors.monday.sandbox.ids import Ids
from connectors.monday.sandbox.objects import (
    Activity,
    Asset,
    Board,
    Doc,
    Folder,
    Item,
    Message,
    Tag,
    Team,
    User,
    Workspace,
)
from connectors.stand_in.clock import Clock, WallClock

Json = dict[str, Any]

MOST_ACTIVITIES = 10_000
"""How many entries a board's history keeps."""
TRASH = timedelta(days=30)
"""How long what was deleted can still be asked for by id."""


class World:
    """The whole state of one stand-in. Hold `lock` (or use `editing`) when touching it from another thread."""

    def __init__(self, *, clock: Clock | None = None, seed: int = 0, account_name: str = "Quayside Roasters") -> None:
        self.clock = clock or WallClock()
        self.ids = Ids(seed)
        self.lock = threading.RLock()
        self.account_id = 15_314_314
        self.account_name = account_name
        self.slug = account_name.lower().replace(" ", "-")
        self.created_at = self.clock.now()
        self.users: dict[int, User] = {}
        self.teams: dict[int, Team] = {}
        self.workspaces: dict[int, Workspace] = {}
        self.folders: dict[int, Folder] = {}
        self.boards: dict[int, Board] = {}
        self.items: dict[int, Item] = {}
        self.messages: dict[int, Message] = {}
        self.messages_of: defaultdict[int, list[int]] = defaultdict(list)
        """Updates by item, oldest first; replies are in their update."""
        self.board_messages: defaultdict[int, list[int]] = defaultdict(list)
        """Updates by board, oldest first."""
        self.assets: dict[int, Asset] = {}
        self.docs: dict[int, Doc] = {}
        self.tags: dict[int, Tag] = {}
        self.activities: defaultdict[int, deque[Activity]] = defaultdict(lambda: deque(maxlen=MOST_ACTIVITIES))
        """By board, oldest first."""
        self.lag = timedelta(0)
        """How long it takes until listings and history show a change."""
        self.retention = timedelta(days=365)
        """How far back a board's history goes."""
        self.deleted_at: dict[int, datetime] = {}
        """When an item or board went to the trash."""
        self.makes_subtasks = True
        """Whether a request makes the column of the subitems; some accounts say that it is not supported yet."""
        self.lost: set[tuple[int, int]] = set()
        """(user, board) where access was taken away without a trace: a fault."""
        self.listeners: list[Callable[[str, Json], None]] = []
        """Told of every event that webhooks can be had for."""
        self._last = datetime.fromtimestamp(0, UTC)

    @contextmanager
    def editing(self) -> Iterator["World"]:
        """Hold the lock while changing things by hand."""
        with self.lock:
            yield self

    def now(self) -> datetime:
        """Give the time of a change: never the same microsecond twice."""
        self._last = max(self.clock.now(), self._last + timedelta(microseconds=1000))
        return self._last

    def sees(self, user: User, board: Board) -> bool:
        """Whether a person may open a board."""
        if (user.id, board.id) in self.lost:
            return False
        if board.parent_board_id is not None:
            board = self.boards[board.parent_board_id]
        if (user.id, board.id) in self.lost:
            return False
        if board.board_kind == "public" and user.kind != "guest":
            return True
        teams = {team.id for team in self.teams.values() if user.id in team.user_ids}
        people = {*board.owner_ids, *board.subscriber_ids, board.creator_id}
        return user.id in people or bool(teams & {*board.team_owner_ids, *board.team_subscriber_ids})

    def is_shown(self, when: datetime) -> bool:
        """Whether listings show by now what happened then."""
        return not self.lag or when + self.lag <= self.clock.now()

    def is_purged(self, thing_id: int) -> bool:
        """Whether what was deleted has left the trash."""
        gone = self.deleted_at.get(thing_id)
        return gone is not None and gone + TRASH <= self.clock.now()

    def board(self, board_id: int, user: User) -> Board:
        """Find a board to change; deleted ones and others' are not there."""
        found = self.boards.get(board_id)
        if found is None or found.state == "deleted" or not self.sees(user, found):
            raise no_board(board_id)
        return found

    def item(self, item_id: int, user: User) -> Item:
        """Find an item to change."""
        found = self.items.get(item_id)
        if found is None or found.state == "deleted" or not self.sees(user, self.boards[found.board_id]):
            raise no_item(item_id)
        return found

    def serial(self, item: Item) -> str:
        """Give an item's address on the account's site."""
        return f"https://{self.slug}.monday.com/boards/{item.board_id}/pulses/{item.id}"

    def log(self, board: Board, event: str, data: Json, user: User, *, entity: str = "pulse") -> None:
        """Write into a board's history, of which older entries are forgotten, and move its own time."""
        when = self.now()
        board.updated_at = when
        self.activities[board.id].append(
            Activity(
                id=self.ids.uuid(),
                event=event,
                entity=entity,
                data=orjson.dumps({"board_id": board.id, **data}).decode(),
                user_id=user.id,
                account_id=self.account_id,
                when=when,
            )
        )

    def touch(self, item: Item) -> None:
        """Note that an item has changed now."""
        if self.is_shown(item.updated_at):
            item.indexed_at = item.updated_at
        item.updated_at = self.now()

    def searched_at(self, item: Item) -> datetime:
        """Give the time of an item's last change as far as searching knows by now."""
        return item.updated_at if self.is_shown(item.updated_at) else item.indexed_at

    def tell(self, event: str, data: Json) -> None:
        """Tell who listens."""
        for listener in self.listeners:
            listener(event, data)

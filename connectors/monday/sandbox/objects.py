"""Objects: what the stand-in's world is made of. Fields named as in the schema are served as they are."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Json = dict[str, Any]
State = Literal["active", "archived", "deleted"]


@dataclass(slots=True, kw_only=True)
class User:
    """A person."""

    id: int
    name: str
    email: str
    kind: str = "member"
    """`admin`, `member`, `viewer` or `guest`."""
    title: str = ""
    status: str = "ACTIVE"
    created_at: datetime
    phone: str | None = None
    mobile_phone: str | None = None
    location: str | None = None
    country_code: str | None = None
    current_language: str = "en"
    time_zone_identifier: str = "Europe/Berlin"
    invitation_method: str = "USER"
    is_email_confirmed: bool = True
    is_deleted: bool = False


@dataclass(slots=True, kw_only=True)
class Team:
    """A named set of people."""

    id: int
    name: str
    owner_ids: list[int]
    user_ids: list[int]
    is_guest: bool = False
    picture_url: str | None = None
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class Workspace:
    """Where boards are kept."""

    id: int
    name: str
    kind: str = "open"
    description: str | None = None
    state: State = "active"
    created_at: datetime
    is_default_workspace: bool = False
    owner_ids: list[int] = field(default_factory=list)
    user_ids: list[int] = field(default_factory=list)
    """Its owners among them."""
    team_ids: list[int] = field(default_factory=list)
    """Those that run it among them."""
    team_owner_ids: list[int] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Folder:
    """A shelf in a workspace."""

    id: int
    name: str
    color: str | None = None
    custom_icon: str | None = None
    font_weight: str | None = None
    workspace_id: int
    parent_id: int | None = None
    owner_id: int
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class Column:
    """A column. Its id is unique within its board only."""

    id: str
    title: str
    type: str
    description: str | None = None
    width: int | None = None
    archived: bool = False
    settings: Json = field(default_factory=dict)
    revision: int = 1
    function: str | None = None
    """How it adds up what lies below an item, on a board with levels."""


@dataclass(slots=True, kw_only=True)
class Group:
    """A section of a board. Its id is unique within its board only."""

    id: str
    title: str
    color: str
    position: float
    archived: bool = False
    deleted: bool = False


@dataclass(slots=True, kw_only=True)
class View:
    """A saved way to look at a board."""

    id: int
    name: str
    type: str | None
    settings: Json = field(default_factory=dict)
    filter: Json | None = None
    sort: list[Json] | None = None
    tags: list[str] = field(default_factory=list)
    filter_user_id: int | None = None
    filter_team_id: int | None = None
    source_view_id: int | None = None
    access_level: str = "edit"


@dataclass(slots=True, kw_only=True)
class Board:
    """A table of items."""

    id: int
    name: str
    board_kind: str = "public"
    type: str = "board"
    hierarchy_type: str = "classic"
    description: str | None = None
    permissions: str = "everyone"
    state: State = "active"
    item_terminology: str | None = None
    items_limit: int = 10_000
    workspace_id: int | None = None
    board_folder_id: int | None = None
    creator_id: int
    owner_ids: list[int] = field(default_factory=list)
    subscriber_ids: list[int] = field(default_factory=list)
    team_owner_ids: list[int] = field(default_factory=list)
    team_subscriber_ids: list[int] = field(default_factory=list)
    created_at: datetime
    updated_at: datetime
    columns: dict[str, Column] = field(default_factory=dict)
    used_column_ids: set[str] = field(default_factory=set)
    """Those of deleted columns too: no id is given twice."""
    groups: dict[str, Group] = field(default_factory=dict)
    views: dict[int, View] = field(default_factory=dict)
    tag_ids: list[int] = field(default_factory=list)
    """Tags of its own, which no other board has."""
    item_ids: list[int] = field(default_factory=list)
    """In the order in which the board shows them."""
    parent_board_id: int | None = None
    """The board whose subitems these are."""
    subitem_board_id: int | None = None
    last_number: int = 0


@dataclass(slots=True, kw_only=True)
class Item:
    """A row."""

    id: int
    name: str
    board_id: int
    group_id: str
    state: State = "active"
    creator_id: int
    created_at: datetime
    updated_at: datetime
    parent_id: int | None = None
    subitem_ids: list[int] = field(default_factory=list)
    number: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    """By column: what the column holds, decoded; what is empty is not there."""
    subscriber_ids: list[int] = field(default_factory=list)
    gallery_ids: list[int] = field(default_factory=list)
    """Uploads that are in no column."""
    doc_id: int | None = None
    """The document that describes it."""
    indexed_at: datetime
    """Its last change as far as searching knows."""


@dataclass(slots=True, kw_only=True)
class Message:
    """An update, or a reply to one."""

    id: int
    body: str
    creator_id: int
    created_at: datetime
    updated_at: datetime
    edited_at: datetime
    item_id: int | None = None
    board_id: int
    parent_id: int | None = None
    reply_ids: list[int] = field(default_factory=list)
    original_creation_date: str | None = None
    asset_ids: list[int] = field(default_factory=list)
    likes: list[Json] = field(default_factory=list)
    pinned_to: list[int] = field(default_factory=list)
    viewer_ids: list[int] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Asset:
    """An upload."""

    id: int
    name: str
    file_size: int
    content: bytes | None = field(default=None, repr=False)
    """None: made up, of that size."""
    media_type: str | None = None
    created_at: datetime
    creator_id: int
    original_geometry: str | None = None

    @property
    def file_extension(self) -> str:
        """Give the end of its name, with the dot."""
        stem, dot, end = self.name.rpartition(".")
        return f".{end}" if dot and stem else ""


@dataclass(slots=True, kw_only=True)
class Block:
    """A block of a document."""

    id: str
    type: str
    content: Any
    position: float
    parent_block_id: str | None = None
    created_at: datetime
    updated_at: datetime
    creator_id: int


@dataclass(slots=True, kw_only=True)
class Doc:
    """A document."""

    id: int
    object_id: int
    name: str
    doc_kind: str = "public"
    workspace_id: int | None = None
    doc_folder_id: int | None = None
    item_id: int | None = None
    """The item that it describes; such a document is in no listing."""
    settings: Json | None = None
    creator_id: int
    created_at: datetime
    updated_at: datetime
    blocks: dict[str, Block] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Tag:
    """A tag."""

    id: int
    name: str
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One entry of a board's history."""

    id: str
    event: str
    entity: str
    data: str
    user_id: int
    account_id: int
    when: datetime

    @property
    def created_at(self) -> str:
        """Write the time as the API does: ten-millionths of a second since 1970."""
        return f"{int(self.when.timestamp()) * 10_000_000 + self.when.microsecond * 10}"

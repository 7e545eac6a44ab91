"""Pages: Relay connections over keysets, with cursors that fit only the query they came from."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import orjson
import strawberry

from api.context import Info
from api.errors import bad_input
from api.signing import Forged, Signer

LARGEST = 100
COUNTED = 10_000

T = TypeVar("T")
Row = TypeVar("Row")
RowT_co = TypeVar("RowT_co", covariant=True)
Key = list[Any]
"""The sort key of a row as JSON values: what a cursor holds."""


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there is more before this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first thing on this page.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last thing on this page.")


@strawberry.type(description="One thing on a page, with its cursor.")
class Edge(Generic[T]):
    """Relay's Edge."""

    cursor: str = strawberry.field(description="Give it as `after` or `before` of the same query to go on from here.")
    node: T = strawberry.field(description="The thing itself.")


@strawberry.type(
    description=(
        "A page of a list. Cursors hold a place in the list's order, not a count, so nothing is shown twice or left "
        "out when things are added meanwhile. A cursor fits only the same query with the same filters."
    )
)
class Connection(Generic[T]):
    """Relay's Connection, and `nodes`."""

    nodes: list[T] = strawberry.field(description="The things on this page, without cursors.")
    rows: strawberry.Private[Sequence[Any]]
    cursor_of: strawberry.Private[Callable[[Any], str]]
    more_after: strawberry.Private[bool]
    more_before: strawberry.Private[bool]
    counter: strawberry.Private[Callable[[], Awaitable[int]] | None]

    @strawberry.field(description="The things on this page, each with its cursor.")
    def edges(self) -> list[Edge[T]]:
        """Cursors are made only when asked for."""
        pairs = zip(self.rows, self.nodes, strict=True)
        return [Edge(cursor=self.cursor_of(row), node=node) for row, node in pairs]

    @strawberry.field(description="Where this page lies in the list.")
    def page_info(self) -> PageInfo:
        """Two cursors at most."""
        return PageInfo(
            has_next_page=self.more_after,
            has_previous_page=self.more_before,
            start_cursor=self.cursor_of(self.rows[0]) if self.rows else None,
            end_cursor=self.cursor_of(self.rows[-1]) if self.rows else None,
        )

    @strawberry.field(
        description="How many there are on all pages together; null above 10,000, or where counting would be a search."
    )
    async def total_count(self) -> int | None:
        """Counted only when asked for."""
        if self.counter is None:
            return None
        count = await self.counter()
        return count if count <= COUNTED else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What part of a list is asked for."""

    size: int
    backwards: bool
    beyond: Key | None
    """The key to go on from, not included."""
    purpose: bytes
    """The query that the cursors are bound to."""


class Fetch(Protocol[RowT_co]):
    """Reads up to `limit` rows beyond a key, nearest first."""

    def __call__(self, *, beyond: Key | None, backwards: bool, limit: int) -> Awaitable[Sequence[RowT_co]]:
        """Read them."""
        ...


async def window(
    info: Info,
    query: Sequence[Any],
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Window:
    """Read the arguments of a list. `query` names the list and its filters: another one refuses the cursors."""
    if (first is None) == (last is None):
        raise bad_input("Give first or last: how many to return, 1 to 100.")
    if (first is None and after is not None) or (last is None and before is not None):
        raise bad_input("Use first with after, and last with before.")
    size = first if first is not None else last
    assert size is not None
    if not 1 <= size <= LARGEST:
        raise bad_input(f"A page has 1 to {LARGEST} things.")
    viewer = info.context.viewer
    purpose = orjson.dumps(["cursor", str(viewer.account_id) if viewer else None, *query], default=str)
    cursor = after if after is not None else before
    return Window(
        size=size,
        backwards=last is not None,
        beyond=None if cursor is None else _open(await info.context.signer(), purpose, cursor),
        purpose=purpose,
    )


async def paginate(
    info: Info,
    asked: Window,
    fetch: Fetch[Row],
    *,
    key: Callable[[Row], Key],
    node: Callable[[Row], T],
    count: Callable[[], Awaitable[int]] | None = None,
) -> Connection[T]:
    """Read one page: one row more than is shown says whether there are others."""
    found = list(await fetch(beyond=asked.beyond, backwards=asked.backwards, limit=asked.size + 1))
    more = len(found) > asked.size
    rows = found[: asked.size]
    if asked.backwards:
        rows.reverse()
    info.context.refund(info.field_nodes, asked.size - len(rows))
    signer = await info.context.signer()

    def cursor_of(row: Row) -> str:
        return signer.sign(asked.purpose, orjson.dumps(key(row), default=str))

    return Connection(
        nodes=[node(row) for row in rows],
        rows=rows,
        cursor_of=cursor_of,
        more_after=asked.beyond is not None if asked.backwards else more,
        more_before=more if asked.backwards else asked.beyond is not None,
        counter=count,
    )


def _open(signer: Signer, purpose: bytes, cursor: str) -> Key:
    try:
        opened: Key = orjson.loads(signer.open(purpose, cursor))
    except Forged:
        raise bad_input("That cursor is not of this list with these filters.") from None
    return opened

"""monday.com bench: the requests and the complexity that a cycle spends, against the stand-in.

Complexity is counted by the stand-in's own formula: monday.com does not publish its own, and tells what each request
cost when it is asked.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.base import File, Grant, ReadJob, Records, Scope, State
from connectors.http import HttpSettings
from connectors.monday.connector import MondayConnector, MondaySettings
from connectors.monday.sandbox import Sandbox, edit, generate
from connectors.monday.sandbox.changes import items
from connectors.monday.spec import TOKEN
from store.record import FILE_KIND, ExternalId, JsonObject, Kind, ParentRef, WorkspaceId
from tests.bench.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spent:
    requests: int
    complexity: int


@dataclass(slots=True)
class _Reader:
    """A connector with what it has to remember: its state, and the ids of what is held."""

    sandbox: Sandbox
    connector: MondayConnector
    state: JsonObject = field(default_factory=dict)
    _held: defaultdict[tuple[str, str], dict[ExternalId, ExternalId | None]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    async def cycle(self) -> _Spent:
        """Read one cycle; return what the stand-in saw of it."""
        self.sandbox.requests.clear()
        job = ReadJob(
            grants=[Grant(grant_id="owner", method=TOKEN, credentials={TOKEN: self.sandbox.token})],
            scope=Scope(),
            state=self.state,
            cursor=None,
            full=None,
            now=datetime.now(UTC),
            held=self._held_of,
        )
        async for item in self.connector.read(job):
            match item:
                case State():
                    self.state = item.state
                case Records():
                    for record in item.records:
                        self._hold(record.workspace_id, record.kind, record.external_id, record.parent)
                case File():
                    self._hold(item.workspace_id, FILE_KIND, item.external_id, item.parent)
        seen = list(self.sandbox.requests)
        return _Spent(requests=len(seen), complexity=sum(each.cost for each in seen))

    def _hold(self, workspace_id: str, kind: str, external_id: ExternalId, parent: ParentRef | None) -> None:
        self._held[workspace_id, kind][external_id] = parent.external_id if parent is not None else None

    async def _held_of(self, workspace_id: WorkspaceId, kind: Kind) -> Mapping[ExternalId, ExternalId | None]:
        return self._held[workspace_id, kind]


async def account() -> list[Result]:
    """Read an account of 100 boards and more: all; then unchanged; then one board changed."""
    with Sandbox(generate("wide")) as sandbox:
        reader = _Reader(sandbox, _connector(sandbox))
        try:
            first, unchanged = await reader.cycle(), await reader.cycle()
            with sandbox.editing() as edited:
                edit(edited, sandbox.owner)
            changed = await reader.cycle()
        finally:
            await reader.connector.aclose()
    return [
        Result(name="monday-first-requests", value=first.requests, unit="requests"),
        Result(
            name="monday-requests",
            value=unchanged.requests,
            unit="requests",
            target="at most 4, 100 boards unchanged",
            limit=4,
        ),
        Result(
            name="monday-requests-changed",
            value=changed.requests - unchanged.requests,
            unit="requests",
            target="at most 5 more for one board",
            limit=5,
        ),
        Result(
            name="monday-complexity",
            value=unchanged.complexity,
            unit="complexity",
            target="at most 1,000,000: one minute of the least plan",
            limit=1_000_000,
        ),
        Result(
            name="monday-complexity-changed",
            value=changed.complexity - unchanged.complexity,
            unit="complexity",
        ),
    ]


async def long_board() -> list[Result]:
    """Read a board of 10,000 items: all; then one of them changed."""
    with Sandbox(generate("big")) as sandbox:
        reader = _Reader(sandbox, _connector(sandbox))
        try:
            first = await reader.cycle()
            with sandbox.editing() as world:
                board = next(board for board in world.boards.values() if board.name == "Every bag")
                items.rename(world, sandbox.owner, world.items[board.item_ids[5_000]], "Another bag")
            changed = await reader.cycle()
        finally:
            await reader.connector.aclose()
    return [
        Result(
            name="monday-long-requests",
            value=first.requests,
            unit="requests",
            target="at most 100, 10,000 items and 2,000 subitems",
            limit=100,
        ),
        Result(
            name="monday-long-requests-changed",
            value=changed.requests,
            unit="requests",
            target="at most 40, one item changed: every id is listed, 500 a page",
            limit=40,
        ),
        Result(
            name="monday-long-complexity",
            value=first.complexity,
            unit="complexity",
            target="at most 1,000,000: one minute of the least plan",
            limit=1_000_000,
        ),
    ]


def _connector(sandbox: Sandbox) -> MondayConnector:
    return MondayConnector(MondaySettings(api_url=sandbox.url, http=HttpSettings(allow_private=True)))

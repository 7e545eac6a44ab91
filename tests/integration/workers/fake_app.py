"""An app in memory: boards of cards with files, whose reads are counted and can be made to fail."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.base import (
    AppSpec,
    Checkpoint,
    Complete,
    File,
    FullReason,
    Grant,
    Identity,
    Item,
    Ledger,
    Progress,
    ReadJob,
    Records,
    State,
    Warned,
    WarningCode,
    Workspace,
)
from connectors.errors import BadReply, Unauthorised
from store.record import FILE_KIND, ExternalId, Kind, ParentRef, Record, WorkspaceId

CARD = Kind("card")
BOARD = Kind("board")


@dataclass
class FakeApp:
    """Boards → cards → content; `files`: card → (revision, bytes)."""

    boards: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    broken_files: set[str] = field(default_factory=set)
    dead_tokens: set[str] = field(default_factory=set)
    refreshed: dict[str, str] = field(default_factory=dict)
    """Token that is about to expire → the one it is exchanged for."""
    warnings: int = 0
    silent: set[str] = field(default_factory=set)
    """Boards of which nothing says that they changed."""
    claimed: dict[str, int] = field(default_factory=dict)
    """Board → how many cards the app says it has, where that is not the truth."""
    reads: Counter[str] = field(default_factory=Counter)
    before_board: Callable[[str], Any] = lambda board: None
    """Called, and awaited if that is due, before each board is read."""
    seen_jobs: list[ReadJob] = field(default_factory=list)
    spec = AppSpec(app="fake", title="Fake", kinds={}, auth_methods=(), not_reachable=())

    async def identify(self, grant: Grant) -> Identity:
        self._authorise(grant)
        return Identity(subject=grant.credentials["token"].partition("-")[0], name="Ada Example")

    async def read(self, job: ReadJob) -> AsyncIterator[Item]:
        self.seen_jobs.append(job)
        done = set(job.cursor["done"]) if job.cursor else set()
        for number in range(self.warnings):
            yield Warned(code=WarningCode.CAP_MET, where=f"list {number}", message="a cap was met")
        for position, board in enumerate(sorted(self.boards)):
            workspace = WorkspaceId(board)
            yield Workspace(
                workspace_id=workspace, kind=BOARD, name=f"Board {board}", parent_workspace_id=None, in_scope=True
            )
            if board in done:
                continue
            called = self.before_board(board)
            if asyncio.iscoroutine(called):
                await called
            self._authorise(job.grants[0])
            self.reads[board] += 1
            cards = self.boards[board]
            yield Records(records=[self._card(workspace, card, content) for card, content in cards.items()])
            for card in cards:
                if card in self.files:
                    yield self._file(workspace, card)
            yield Complete(workspace_id=workspace, kinds=frozenset({CARD, FILE_KIND}))
            yield Ledger(
                workspace_id=workspace,
                read="full",
                evidence="always",
                claimed={CARD: self.claimed.get(board, len(cards))},
                silent=board in self.silent,
            )
            yield Progress(done=position + 1, total=len(self.boards), note=board)
            done.add(board)
            yield Checkpoint(cursor={"done": sorted(done)})
        yield State(state={"cycles": job.state.get("cycles", 0) + 1, "full": job.full or FullReason.SCHEDULED})

    async def refresh(self, grant: Grant) -> Mapping[str, str] | None:
        token = grant.credentials["token"]
        if token not in self.refreshed:
            return None
        self.reads[f"refresh {token}"] += 1
        await asyncio.sleep(0)
        return {"token": self.refreshed[token], "expires_at": "2027-01-01T00:00:00+00:00"}

    async def aclose(self) -> None:
        self.reads["aclose"] += 1

    def authorize_url(self, **_: object) -> str:
        raise BadReply("this app has no OAuth")

    async def exchange(self, **_: str) -> Mapping[str, str]:
        raise BadReply("this app has no OAuth")

    def _authorise(self, grant: Grant) -> None:
        if grant.credentials["token"] in self.dead_tokens | set(self.refreshed):
            raise Unauthorised("the token is not valid")

    @staticmethod
    def _card(workspace: WorkspaceId, card: str, content: dict[str, Any]) -> Record:
        return Record(workspace_id=workspace, kind=CARD, external_id=ExternalId(card), content=content)

    def _file(self, workspace: WorkspaceId, card: str) -> File:
        revision, data = self.files[card]

        @asynccontextmanager
        async def open_file() -> AsyncIterator[AsyncIterator[bytes]]:
            self.reads[f"file {card}"] += 1
            if card in self.broken_files:
                raise BadReply("the download answered 404")

            async def stream() -> AsyncIterator[bytes]:
                for start in range(0, len(data), 4096):
                    yield data[start : start + 4096]

            yield stream()

        return File(
            workspace_id=workspace,
            external_id=ExternalId(f"file-{card}"),
            parent=ParentRef(kind=CARD, external_id=ExternalId(card)),
            name=f"{card}.bin",
            media_type=None,
            size_bytes=len(data),
            revision=revision,
            open=open_file,
        )

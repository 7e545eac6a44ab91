"""Files: several downloads at once, each streamed straight into the store; one that fails is a warning."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from connectors.base import File, WarningCode
from connectors.errors import ConnectorError, Unauthorised
from store.cycle import Cycle
from store.files import FileMeta
from store.record import FILE_KIND, JsonObject, WorkspaceId
from workers.report import Report

AT_ONCE = 4
"""Downloads in flight, each with a few chunks in memory."""
_WORKSPACE, _FILE = "workspace/", "/file/"


@dataclass(slots=True, kw_only=True)
class Files:
    """The downloads of one cycle. `add` waits for a free place; `settle` waits for all."""

    cycle: Cycle
    report: Report
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        """Nothing to open."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no download behind, however the cycle ended."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def add(self, file: File) -> None:
        """Keep the held version when its revision is still the same, else start the download."""
        if await self.cycle.keep_file(_meta(file)):
            await self.report.count(files_kept=1)
            return
        await self._places.acquire()
        task = asyncio.create_task(self._fetch(file))
        self._running.add(task)
        task.add_done_callback(lambda _: self._places.release())

    async def settle(self) -> None:
        """Wait until all that were added are stored, or warned of; raise what is no matter of a single file."""
        while self._running:
            done, self._running = await asyncio.wait(self._running)
            for task in done:
                task.result()

    async def _fetch(self, file: File) -> None:
        try:
            async with file.open() as stream:
                await self.cycle.put_file(_meta(file), self.report.through(stream))
        except Unauthorised:
            raise
        except ConnectorError as error:
            # The version held stays, if there is one: a file that could not be read was not deleted.
            await self.cycle.keep(file.workspace_id, FILE_KIND, [file.external_id])
            await self.report.warned(WarningCode.FILE_FAILED, _where(file), str(error))
        else:
            await self.report.count(files=1)


def unfinished(warnings: Iterable[JsonObject]) -> frozenset[WorkspaceId]:
    """Say of which workspaces a file could not be read, by the warnings of a manifest.

    Nothing else would bring it: what the file belongs to need not change for as long as it lives.
    """
    failed = (each["where"] for each in warnings if each["code"] == WarningCode.FILE_FAILED)
    parted = (where.removeprefix(_WORKSPACE).partition(_FILE) for where in failed if where.startswith(_WORKSPACE))
    return frozenset(WorkspaceId(workspace_id) for workspace_id, is_file, _ in parted if is_file)


def _where(file: File) -> str:
    return f"{_WORKSPACE}{file.workspace_id}{_FILE}{file.external_id}"


def _meta(file: File) -> FileMeta:
    return FileMeta(
        workspace_id=file.workspace_id,
        external_id=file.external_id,
        parent=file.parent,
        name=file.name,
        media_type=file.media_type,
        revision=file.revision,
    )

"""Report: what a running cycle tells the world: progress, warnings, the workspaces it sees."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict

from connectors.base import Ledger, Progress, Workspace
from store import workspaces
from store.connected_apps import ConnectedApp
from store.cycle import Cycle
from store.database import Database
from store.keys import AccountKeys
from store.record import JsonObject
from store.workspaces import Seen
from workers.lease import Lease


class Report:
    """Writes through the lease, so that who lost it writes nothing."""

    def __init__(
        self, *, database: Database, keys: AccountKeys, connected: ConnectedApp, cycle: Cycle, lease: Lease
    ) -> None:
        self._database = database
        self._keys = keys
        self._connected = connected
        self._cycle = cycle
        self._lease = lease
        self._seen: list[Seen] = []
        # What an interrupted attempt has counted and saved still counts.
        progress = lease.operation.progress
        self._counts = Counter({name: progress.get(name, 0) for name in ("records", "files", "files_kept", "bytes")})
        self.retries: Counter[str] = Counter(progress.get("retries", {}))
        """What was asked of the app again, by cause (`connectors.retries`)."""

    async def count(self, **more: int) -> None:
        """Add to the counts shown: records, files, files_kept, bytes."""
        self._counts.update(more)
        await self._lease.report(self._so_far())

    async def through(self, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Pass a file's bytes on, counting them."""
        async for part in stream:
            await self.count(bytes=len(part))
            yield part

    def seen(self, workspace: Workspace) -> None:
        """Take note of what the app says of a workspace, to be kept with others."""
        self._seen.append(
            Seen(
                workspace_id=workspace.workspace_id,
                kind=workspace.kind,
                name=workspace.name,
                parent_workspace_id=workspace.parent_workspace_id,
                in_scope=workspace.in_scope,
            )
        )

    async def keep_seen(self) -> None:
        """Keep the workspaces that were noted: a thousand of them would be a thousand transactions."""
        if self._seen:
            seen, self._seen = self._seen, []
            async with self._database.account(self._connected.account_id) as connection:
                await workspaces.put(
                    connection,
                    self._keys,
                    account_id=self._connected.account_id,
                    connection_id=self._connected.connection_id,
                    seen=seen,
                )

    async def stands(self, progress: Progress) -> None:
        """Say how many workspaces are done, of how many."""
        where = {"done": progress.done, "total": progress.total, "note": progress.note}
        await self._lease.report({**where, **self._so_far()})

    async def warned(self, code: str, where: str, message: str) -> None:
        """Warn: in the snapshot's ledger, and on the operation."""
        self._cycle.warn(code, where, message)
        await self._lease.report({}, warnings=self._warnings())

    async def saved(self, *, is_saved: bool) -> None:
        """Say where the counts and warnings stand; `is_saved`: and that all so far is safe."""
        await self._lease.report(self._so_far(), advanced=is_saved, warnings=self._warnings())

    def _so_far(self) -> JsonObject:
        return {**self._counts, "retries": dict(self.retries)}

    def _warnings(self) -> list[JsonObject]:
        return [asdict(warning) for warning in self._cycle.warnings]

    @staticmethod
    def entry(ledger: Ledger) -> JsonObject:
        """Write a workspace's judgement as the manifest holds it."""
        return {**asdict(ledger), "claimed": dict(ledger.claimed)}

"""Hooks: what an app is asked to call about, held against what it has, made anew where it died, and removed."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from connectors.base import Grant
from connectors.errors import ConnectorError, Retriable
from connectors.hooks import Hooks, Registered, hooks_of
from store import connected_apps, hooks, marks
from store.connected_apps import ConnectedApp
from store.database import Database
from store.errors import StoreError
from store.hooks import Hook, HookStatus
from store.record import AccountId, ConnectionId, GrantId, WorkspaceId
from workers.faults import NoGrant, UnknownApp
from workers.grants import open_grants
from workers.runtime import Runtime

_log = logging.getLogger(__name__)

ASK_AGAIN = timedelta(days=7)
"""An app that does not want to call about a workspace is asked again after this."""
_AT_ONCE = 4

_Theirs = tuple[Grant, Registered]


def base_url(public_url: str, app: str) -> str:
    """Return what the addresses begin with that an app calls; the rest is a secret."""
    return f"{public_url}/hooks/{app}/"


@dataclass(slots=True, kw_only=True)
class Registrations:
    """One connection's, for the length of one cycle. What the app does not do is logged and no fault of the cycle."""

    database: Database
    connected: ConnectedApp
    app: Hooks
    grants: Sequence[Grant]
    """Those whose calls can be verified."""
    base_url: str
    _held: dict[WorkspaceId, Hook] = field(default_factory=dict)
    _dead: dict[WorkspaceId, list[_Theirs]] = field(default_factory=dict)
    """What does not call as it should → what is left of it at the app."""

    async def check(self) -> frozenset[WorkspaceId]:
        """Hold what is registered against what the app has; returns the workspaces about which it has been calling.

        Where calls were lost, because it no longer calls or gave some up, the workspace is marked: it has to be read.
        """
        async with self.database.account(self.connected.account_id) as connection:
            held = await hooks.of_connection(connection, self.connected.account_id, self.connected.connection_id)
        self._held = {hook.workspace_id: hook for hook in held}
        theirs, unanswered = await self._ask()
        listening: set[WorkspaceId] = set()
        for hook in held:
            found = theirs.pop(hook.path_sha256, [])
            if hook.status is HookStatus.REFUSED or str(hook.grant_id) in unanswered:
                continue
            if self._is_whole(hook, found):
                listening.add(hook.workspace_id)
                if hook.status is HookStatus.ASKED:
                    # We were interrupted before its answer came.
                    await self.started(hook, [registered.external_id for _, registered in found])
                elif any(registered.has_failed for _, registered in found):
                    await self._lost(hook, is_dead=False)
            else:
                self._dead[hook.workspace_id] = found
                if hook.status is HookStatus.LISTENING:
                    await self._lost(hook, is_dead=True)
        await self._remove_strays([pair for pairs in theirs.values() for pair in pairs])
        return frozenset(listening)

    async def register(self, workspace_ids: Iterable[WorkspaceId]) -> dict[WorkspaceId, int]:
        """Ask the app to call about what it does not call about yet; returns the mark of each that it does from now on.

        The mark says that what changed before is not told: the workspace has to be read after this.
        """
        wanted = [workspace_id for workspace_id in workspace_ids if self._is_wanted(workspace_id)]
        made: dict[WorkspaceId, int] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            asked = await asyncio.gather(*(self._register(each) for each in wanted[start : start + _AT_ONCE]))
            for numbers in asked:
                made.update(numbers)
        return made

    async def forget(self, workspace_ids: Iterable[WorkspaceId]) -> None:
        """Remove some that were not checked in this cycle."""
        async with self.database.account(self.connected.account_id) as connection:
            held = await hooks.of_connection(connection, self.connected.account_id, self.connected.connection_id)
        self._held = {hook.workspace_id: hook for hook in held}
        await self.remove(workspace_ids)

    async def remove(self, workspace_ids: Iterable[WorkspaceId]) -> None:
        """Let the app call no more about some. What it is not told now, it is told in answer to its next call."""
        for hook in [self._held.pop(each) for each in workspace_ids if each in self._held]:
            for grant in self.grants:
                if grant.grant_id == str(hook.grant_id):
                    await self._remove_theirs(grant, hook.external_ids)
            async with self.database.account(hook.account_id) as connection:
                await hooks.remove(connection, hook.account_id, hook.hook_id)

    async def started(self, hook: Hook, external_ids: Sequence[str]) -> dict[WorkspaceId, int]:
        """Keep that the app calls from now on, with a mark, both or neither."""
        async with self.database.account(hook.account_id) as connection:
            await hooks.set_listening(connection, hook.account_id, hook.hook_id, external_ids)
            return await marks.put(connection, hook.account_id, hook.connection_id, [hook.workspace_id])

    async def _ask(self) -> tuple[dict[bytes, list[_Theirs]], set[str]]:
        """Ask with each grant what it has registered, by the fingerprint of the address; also which got no answer."""
        found: dict[bytes, list[_Theirs]] = {}
        unanswered: set[str] = set()
        for grant in self.grants:
            try:
                for registered in await self.app.registered(grant, self._held.keys()):
                    address = self._address(registered)
                    if address is not None:
                        found.setdefault(address, []).append((grant, registered))
            except ConnectorError as error:
                unanswered.add(grant.grant_id)
                _log.info("connection %s: its webhooks cannot be listed: %s", self.connected.connection_id, error)
        return found, unanswered

    def _is_whole(self, hook: Hook, theirs: Sequence[_Theirs]) -> bool:
        """Whether the app has all that was registered, and alive."""
        alive = {registered.external_id for _, registered in theirs if registered.is_alive}
        return bool(alive) and alive.issuperset(hook.external_ids)

    async def _lost(self, hook: Hook, *, is_dead: bool) -> None:
        async with self.database.account(hook.account_id) as connection:
            if is_dead:
                await hooks.set_lost(connection, hook.account_id, [hook.hook_id])
            await marks.put(connection, hook.account_id, hook.connection_id, [hook.workspace_id])

    async def _remove_strays(self, pairs: Sequence[_Theirs]) -> None:
        """Remove what calls an address of ours that is nobody's. The same grant may serve another connection, too."""
        ours: Mapping[str, _Theirs] = {self._path(registered): (grant, registered) for grant, registered in pairs}
        if not ours:
            return
        async with self.database.system() as connection:
            known = await hooks.known_paths(connection, ours.keys())
        for path, (grant, registered) in ours.items():
            if path not in known:
                await self._remove_theirs(grant, [registered.external_id])

    def _address(self, registered: Registered) -> bytes | None:
        """Name the address of ours that is called, by its fingerprint; None for somebody else's."""
        if registered.url is None:
            held = (hook for hook in self._held.values() if registered.external_id in hook.external_ids)
            return next((hook.path_sha256 for hook in held), None)
        return hooks.fingerprint(self._path(registered)) if registered.url.startswith(self.base_url) else None

    def _path(self, registered: Registered) -> str:
        return (registered.url or "").removeprefix(self.base_url)

    def _is_wanted(self, workspace_id: WorkspaceId) -> bool:
        hook = self._held.get(workspace_id)
        if hook is None or workspace_id in self._dead:
            return True
        # In either direction: a clock that was wrong must not keep it from being asked for ever.
        return hook.status is HookStatus.REFUSED and abs(datetime.now(UTC) - hook.asked_at) > ASK_AGAIN

    async def _register(self, workspace_id: WorkspaceId) -> dict[WorkspaceId, int]:
        """Register with the first grant that the app lets."""
        for grant, registered in self._dead.pop(workspace_id, []):
            await self._remove_theirs(grant, [registered.external_id])
        for grant in self.grants:
            path = hooks.new_path()
            # Committed before the app is asked: it calls back at once, and an interrupted attempt is found again.
            async with self.database.account(self.connected.account_id) as connection:
                hook = self._held[workspace_id] = await hooks.ask(
                    connection,
                    account_id=self.connected.account_id,
                    connection_id=self.connected.connection_id,
                    workspace_id=workspace_id,
                    grant_id=GrantId(UUID(grant.grant_id)),
                    base_url=self.base_url,
                    path=path,
                )
            try:
                external_ids = await self.app.register(grant, workspace_id, self.base_url + path)
            except Retriable as error:
                # It may have been carried out; the next cycle sees.
                _log.info("connection %s: no webhook for %s yet: %s", hook.connection_id, workspace_id, error)
                return {}
            except ConnectorError as error:
                _log.info("connection %s: no webhook for %s: %s", hook.connection_id, workspace_id, error)
                async with self.database.account(hook.account_id) as connection:
                    await hooks.set_refused(connection, hook.account_id, hook.hook_id, str(error))
            else:
                return await self.started(hook, external_ids)
        return {}

    async def _remove_theirs(self, grant: Grant, external_ids: Iterable[str]) -> None:
        for external_id in external_ids:
            try:
                await self.app.remove(grant, external_id)
            except ConnectorError as error:
                _log.info("connection %s: a webhook is not removed: %s", self.connected.connection_id, error)


async def remove_of_paused(runtime: Runtime) -> int:
    """Let apps call no more about connections that are paused; returns how many hooks there were."""
    async with runtime.database.system() as connection:
        found = await hooks.of_paused(connection)
    of_connection: dict[tuple[AccountId, ConnectionId], list[WorkspaceId]] = {}
    for hook in found:
        of_connection.setdefault((hook.account_id, hook.connection_id), []).append(hook.workspace_id)
    for (account_id, connection_id), workspace_ids in of_connection.items():
        try:
            await _forget(runtime, account_id, connection_id, workspace_ids)
        except (ConnectorError, StoreError, UnknownApp) as error:
            _log.info("connection %s: its webhooks are not removed yet: %s", connection_id, error)
    return len(found)


async def _forget(
    runtime: Runtime, account_id: AccountId, connection_id: ConnectionId, workspace_ids: Iterable[WorkspaceId]
) -> None:
    async with runtime.database.account(account_id) as connection:
        connected = await connected_apps.get(connection, account_id, connection_id)
    connector = runtime.connector(connected.app)
    app = hooks_of(connector)
    assert app is not None, "only an app that calls has hooks"
    keys = (await runtime.repository(account_id)).keys
    try:
        opened = await open_grants(runtime.database, keys, connector, connected)
    except NoGrant:
        opened = []
    registrations = Registrations(database=runtime.database, connected=connected, app=app, grants=opened, base_url="")
    await registrations.forget(workspace_ids)

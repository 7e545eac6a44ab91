"""Listen: what an app called about steers a cycle; what the cycle read is no longer marked.

A workspace's mark goes when a cycle has committed that read the workspace after the mark was made. A cycle that was
interrupted cannot say that of what an earlier attempt read: there the mark stays, and costs one more read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

from connectors.base import Connector, Grant, Item, Vanished, Warned, Workspace
from connectors.hooks import hooks_of
from store import hooks, marks
from store.connected_apps import ConnectedApp
from store.cycle import Cycle
from store.database import Database
from store.marks import Marks
from store.record import JsonObject, WorkspaceId
from workers.hooks import Registrations, base_url


@dataclass(slots=True, kw_only=True)
class Listening:
    """One attempt's at one cycle. Made by `begin`, given every item that is read, settled after the commit."""

    database: Database
    connected: ConnectedApp
    registrations: Registrations | None
    """None where the app does not call, no grant can verify its calls, or it has no address to call."""
    marks: Marks
    """What was marked when this attempt began."""
    listening: frozenset[WorkspaceId]
    """Workspaces about which the app has been calling since before this cycle."""
    judged_before: frozenset[WorkspaceId]
    """By earlier attempts."""
    _seen: dict[WorkspaceId, bool] = field(default_factory=dict)
    """All that the app has shown → whether it is still backed up."""
    _new: list[WorkspaceId] = field(default_factory=list)
    _made: dict[WorkspaceId, int] = field(default_factory=dict)
    """What was registered in this attempt → its mark then."""

    @classmethod
    async def begin(
        cls,
        database: Database,
        connector: Connector,
        connected: ConnectedApp,
        *,
        grants: Sequence[Grant],
        cycle: Cycle,
        public_url: str | None,
    ) -> Self:
        """See what is registered and what is marked. One request for each grant that can register."""
        offered = hooks_of(connector)
        able = [grant for grant in grants if offered is not None and offered.serves(grant)]
        registrations = None
        if offered is not None and able and public_url is not None:
            registrations = Registrations(
                database=database,
                connected=connected,
                app=offered,
                grants=able,
                base_url=base_url(public_url, connected.app),
            )
        listening = await registrations.check() if registrations is not None else frozenset()
        async with database.account(connected.account_id) as connection:
            marked = await marks.seen(connection, connected.account_id, connected.connection_id)
        return cls(
            database=database,
            connected=connected,
            registrations=registrations,
            marks=marked,
            listening=listening,
            judged_before=frozenset(entry["workspace_id"] for entry in cycle.ledger),
        )

    async def meet(self, item: Item) -> None:
        """Take note of a workspace; register what is new before the first word of what is in it is read."""
        if isinstance(item, Workspace):
            self._seen[item.workspace_id] = item.in_scope
            if item.in_scope:
                self._new.append(item.workspace_id)
        elif isinstance(item, Vanished):
            self._seen[item.workspace_id] = False
        elif self._new and not isinstance(item, Warned):
            new, self._new = self._new, []
            if self.registrations is not None:
                self._made |= await self.registrations.register(new)

    async def settle(self, ledger: Iterable[JsonObject]) -> None:
        """After the commit: take away the marks that were heeded, and what was registered for what is not backed up."""
        heeded = {
            WorkspaceId(entry["workspace_id"]): self._made.get(entry["workspace_id"], self.marks.number)
            for entry in ledger
            if entry["read"] != "unchanged" and entry["workspace_id"] not in self.judged_before
        }
        # What was not shown at all may be back tomorrow: a grant was lost, or its board was left.
        left = frozenset(workspace_id for workspace_id, is_taken in self._seen.items() if not is_taken)
        account_id, connection_id = self.connected.account_id, self.connected.connection_id
        async with self.database.account(account_id) as connection:
            await marks.take(connection, account_id, connection_id, heeded)
            await marks.drop(connection, account_id, connection_id, left)
            await hooks.forget_deliveries(connection, account_id, connection_id)
        if self.registrations is not None:
            await self.registrations.remove(left)

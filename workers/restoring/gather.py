"""Gather: everything that a plan is made from, read from the store and, by its connector, from the app."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from connectors.base import Grant, Identity, WarningCode
from connectors.errors import Unauthorised
from connectors.writing import AppWriting, WritingConnector
from store import canonical, connected_apps, restores, selection, snapshots
from store.connected_apps import ConnectedApp
from store.database import Connection
from store.keys import content_id
from store.record import ChunkId, JsonObject, Kind, Record, WorkspaceId
from store.repository import Repository
from store.restores import RestorePlan
from store.snapshots import Snapshot
from store.versions import Version
from workers.faults import NotRestorable
from workers.grants import open_grants
from workers.lease import Lease
from workers.restoring.asked import Asked
from workers.restoring.live import Live, read_live
from workers.restoring.plan import WORKSPACE, Key, Mode, Named
from workers.restoring.situation import Situation
from workers.runtime import Runtime

MOST_RECORDS = 200_000
"""A plan holds what it is of, and what is there, in memory: more than this is restored in parts."""
_READ_AT_ONCE = 500
_FINGERPRINT_CHARS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The connection that is written into, opened."""

    connected: ConnectedApp
    connector: WritingConnector
    grants: Sequence[Grant]

    @property
    def writing(self) -> AppWriting:
        """How its app's records are put back."""
        return self.connector.writing


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a plan is made from, and what it was read with."""

    situation: Situation
    target: Target
    live: Live


async def open_target(runtime: Runtime, repository: Repository, asked: Asked) -> Target:
    """Open the connection that is written into. NotRestorable where its app has no writer; NoGrant without a grant."""
    async with runtime.database.account(repository.account_id) as connection:
        connected = await connected_apps.get(connection, repository.account_id, asked.target_connection_id)
        source = await connected_apps.get(connection, repository.account_id, asked.source_connection_id)
    if source.app != connected.app:
        raise NotRestorable(f"what was backed up from {source.app} cannot be put into {connected.app}")
    connector = runtime.connector(connected.app)
    if not hasattr(connector, "writing"):
        raise NotRestorable(f"nothing can be written to {connected.app} yet: export it instead")
    grants = await open_grants(runtime.database, repository.keys, connector, connected)
    return Target(connected=connected, connector=cast("WritingConnector", connector), grants=grants)


async def gather(runtime: Runtime, lease: Lease, asked: Asked, *, target: Target | None = None) -> Gathered:
    """Read what is held and what is there. Raises NotRestorable for what there can be no plan for."""
    repository = await runtime.repository(lease.operation.account_id)
    target = target or await open_target(runtime, repository, asked)
    return await _Gathering(runtime, lease, asked, repository, target).gather()


async def grants_that_write(target: Target) -> list[tuple[Grant, Identity]]:
    """Return those of the target's grants that may write, oldest first, each with whose it is.

    Raises NotRestorable where none may, and Unauthorised where the app takes none any more.
    """
    found: list[tuple[Grant, Identity]] = []
    refusal: Unauthorised | None = None
    for grant in target.grants:
        try:
            identity = await target.connector.identify(grant)
        except Unauthorised as error:
            refusal = error
            continue
        if not identity.scopes or target.writing.may_write(identity.scopes):
            found.append((grant, identity))
    if found:
        return found
    if refusal is not None:
        raise refusal
    raise NotRestorable(
        "no grant of this connection may write: authorise again, with leave to write (for OAuth: `forRestores`)"
    )


class _Gathering:
    def __init__(self, runtime: Runtime, lease: Lease, asked: Asked, repository: Repository, target: Target) -> None:
        self._database = runtime.database
        self._lease = lease
        self._asked = asked
        self._repository = repository
        self._account_id = repository.account_id
        self._target = target
        self._rules = target.writing.by_kind
        self._same_connection = asked.source_connection_id == asked.target_connection_id

    async def gather(self) -> Gathered:
        """Read the store first, then the target: the fresher the target, the better."""
        asked, target = self._asked, self._target
        async with self._database.account(self._account_id) as connection:
            snapshot = await self._snapshot(connection)
            chosen = await self._chosen(connection)
            selected = await self._selected(connection)
            around = await self._around(connection, selected)
            places = await self._places(connection, selected)
        held = await self._records([*selected, *around])
        self._lease.check()
        keys = frozenset((version.key.kind, version.key.external_id) for version in selected)
        async with self._database.account(self._account_id) as connection:
            restored = await restores.restored(
                connection,
                self._account_id,
                asked.source_connection_id,
                asked.target_connection_id,
                list(self._names(held.values())),
            )
        wanted = self._wanted(held, keys, restored, chosen) | places
        _, identity = (await grants_that_write(target))[0]
        live = await read_live(target.connector, target.grants, wanted, datetime.now(UTC))
        _must_be_whole(live)
        situation = Situation(
            writing=target.writing,
            specs=target.connector.spec.kinds,
            mode=asked.mode,
            held=held,
            selected=keys,
            live=live.records,
            read=live.read,
            workspaces=frozenset(live.workspaces),
            into=self._into(held, live),
            restored=restored,
            chosen=chosen,
            same_ids=self._same_connection or target.writing.global_ids,
            is_elsewhere=not self._same_connection,
            me=identity.subject,
            fingerprint=self._fingerprint,
            about={**asked.encode(), "snapshot": str(snapshot.snapshot_id)},
        )
        return Gathered(situation=situation, target=target, live=live)

    async def _snapshot(self, connection: Connection) -> Snapshot:
        found = await snapshots.by_seqs(connection, self._asked.source_connection_id, [self._asked.seq])
        if self._asked.seq not in found:
            raise NotRestorable(f"there is no snapshot {self._asked.seq} of that connection")
        return found[self._asked.seq]

    async def _chosen(self, connection: Connection) -> dict[Named, str]:
        plan = await self._plan_to_go_on_with(connection)
        return {} if plan is None else await restores.made_names(connection, self._account_id, plan.plan_id)

    async def _plan_to_go_on_with(self, connection: Connection) -> RestorePlan | None:
        if self._asked.failed_of is None:
            return None
        plan = await restores.carried_out_by(connection, self._account_id, self._asked.failed_of)
        if plan is None:
            raise NotRestorable(f"operation {self._asked.failed_of} is no restore")
        return plan

    async def _selected(self, connection: Connection) -> list[Version]:
        asked, most = self._asked, MOST_RECORDS + 1
        where = (connection, asked.source_connection_id, asked.seq)
        if asked.failed_of is not None:
            found = await self._failed(connection)
        elif asked.records:
            found = await selection.subtrees(*where, asked.records, most)
        elif asked.deleted:
            found = await selection.deleted_since(*where, asked.workspaces or None, most)
        else:
            found = await selection.of_workspaces(*where, asked.workspaces, most)
        if len(found) > MOST_RECORDS:
            raise NotRestorable(f"more than {MOST_RECORDS:,} records at once: restore one workspace after the other")
        found = [version for version in found if version.key.kind not in asked.without]
        missing = set(asked.records) - {(version.key.kind, version.key.external_id) for version in found}
        if missing:
            kind, external_id = min(missing)
            lacking = f"snapshot {asked.seq} has no" if asked.failed_of is None else "that restore did not fail at"
            raise NotRestorable(f"{lacking} {kind} {external_id}")
        if not found:
            raise NotRestorable("there is nothing of that to restore")
        return found

    async def _failed(self, connection: Connection) -> list[Version]:
        """Find what a restore failed to bring back, or of that the records asked for, with all in them."""
        plan = await self._plan_to_go_on_with(connection)
        assert plan is not None, "it is asked for"
        rows = await restores.findings(
            connection, self._account_id, plan.plan_id, results=("failed", "wrong"), limit=MOST_RECORDS + 1
        )
        keys, where = (
            {(row.kind, row.external_id) for row in rows},
            (connection, self._asked.source_connection_id, self._asked.seq),
        )
        if self._asked.records:
            inside = await selection.subtrees(*where, self._asked.records, MOST_RECORDS + 1)
            keys &= {(version.key.kind, version.key.external_id) for version in inside}
        return await selection.some(*where, sorted(keys))

    async def _around(self, connection: Connection, selected: Sequence[Version]) -> list[Version]:
        """Find what the selected lie in, and what of the same workspaces they may need."""
        asked = self._asked
        there = {(version.key.kind, version.key.external_id) for version in selected}
        needed = sorted(
            {reference.kind for rules in self._rules.values() for reference in rules.references if reference.brings}
            | {reference.kind for rules in self._rules.values() for reference in rules.references if reference.required}
            | {kind for kind, rules in self._rules.items() if rules.alike}
        )
        workspaces = sorted({version.key.workspace_id for version in selected} | {WorkspaceId("")})
        found = await selection.of_workspaces(
            connection,
            asked.source_connection_id,
            asked.seq,
            workspaces,
            MOST_RECORDS,
            kinds=[Kind(kind) for kind in needed if kind in self._rules],
        )
        found = [version for version in found if (version.key.kind, version.key.external_id) not in there]
        there |= {(version.key.kind, version.key.external_id) for version in found}
        above = await selection.above(connection, asked.source_connection_id, asked.seq, sorted(there))
        return found + [version for version in above if (version.key.kind, version.key.external_id) not in there]

    async def _places(self, connection: Connection, selected: Sequence[Version]) -> frozenset[WorkspaceId]:
        """Find where the selected are now, if they are to be changed there: some may have moved since."""
        if self._asked.mode is not Mode.IN_PLACE or not self._same_connection:
            return frozenset()
        keys = [(version.key.kind, version.key.external_id) for version in selected]
        return frozenset(await selection.places_now(connection, self._asked.source_connection_id, keys))

    async def _records(self, found: Sequence[Version]) -> dict[Key, Record]:
        records: dict[Key, Record] = {}
        for at in range(0, len(found), _READ_AT_ONCE):
            self._lease.check()
            some = found[at : at + _READ_AT_ONCE]
            contents = await self._repository.read_many([version.content_id for version in some])
            for version in some:
                record = self._asked.disguise(record_of(version, contents[ChunkId(version.content_id)]))
                records[record.kind, record.external_id] = record
            await self._lease.report({"note": f"{len(records):,} of {len(found):,} records read from the backup"})
        return records

    def _names(self, held: Iterable[Record]) -> Iterable[Named]:
        for record in held:
            yield record.kind, str(record.external_id)
            yield WORKSPACE, str(record.workspace_id)
            rules = self._rules.get(record.kind)
            for name in rules.names(record) if rules is not None else ():
                scope = f"{record.workspace_id}/" if name.local else ""
                yield name.kind, f"{scope}{name.value}"

    def _wanted(
        self,
        held: dict[Key, Record],
        selected: frozenset[Key],
        restored: dict[Named, list[str]],
        chosen: dict[Named, str],
    ) -> frozenset[WorkspaceId]:
        """Name the workspaces of the target that have to be read: where things are, or might be, or are to go."""
        specs, asked = self._target.connector.spec.kinds, self._asked
        made_anew = {
            held[key].workspace_id
            for key in selected
            if asked.mode is Mode.COPY and asked.failed_of is None and key in held and _is_workspace(specs, key)
        }
        old = {record.workspace_id for record in held.values()} - made_anew - {WorkspaceId("")}
        new = {WorkspaceId(name) for found in old for name in restored.get((WORKSPACE, str(found)), ())}
        new |= {WorkspaceId(name) for (kind, _), name in chosen.items() if kind == WORKSPACE}
        into = {WorkspaceId(asked.into[1])} if asked.into is not None else set()
        return frozenset((old if self._same_connection or self._target.writing.global_ids else set()) | new | into)

    def _into(self, held: dict[Key, Record], live: Live) -> dict[Key, Key]:
        """Let the record that was named take the place of all of its kind that the selected lie in, or are."""
        place = self._asked.into
        if place is None:
            return {}
        if place not in live.records:
            raise NotRestorable(f"the target has no {place[0]} {place[1]}, or the grant does not see it")
        found = {key: place for key in held if key[0] == place[0]}
        if not found:
            raise NotRestorable(f"nothing of what was asked for lies in a {place[0]}")
        return found

    def _fingerprint(self, value: JsonObject) -> str:
        return content_id(self._repository.keys, canonical.encode(value)).hex()[:_FINGERPRINT_CHARS]


def record_of(version: Version, plain: bytes) -> Record:
    """Make the record of a version and its canonical bytes."""
    return Record(
        workspace_id=version.key.workspace_id,
        kind=version.key.kind,
        external_id=version.key.external_id,
        content=canonical.decode(plain),
        parent=version.parent,
        changed_at=version.changed_at,
        changed_by=version.changed_by,
    )


def _is_workspace(specs: object, key: Key) -> bool:
    spec = specs.get(key[0]) if isinstance(specs, dict) else None
    return bool(spec is not None and spec.is_workspace)


def _must_be_whole(live: Live) -> None:
    """Refuse to plan on what was not seen whole: what seems gone may be there, and would be there twice."""
    grave = [warning for warning in live.warnings if warning.code is not WarningCode.GRANT_LOST]
    if grave:
        first = grave[0]
        more = f" ({len(grave)} such)" if len(grave) > 1 else ""
        raise NotRestorable(f"the target could not be read whole: {first.where}: {first.message}{more}")

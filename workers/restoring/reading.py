"""Reading: after a restore, everything in the target read again, compared, and written down."""

import asyncio
import hashlib
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.base import File
from connectors.errors import ConnectorError, Unauthorised
from connectors.writing import Action
from store import restores, selection
from store.errors import Corrupt, NotFound
from store.files import decode_recipe
from store.record import FILE_KIND, ChunkId, ExternalId, JsonObject, Record, WorkspaceId
from store.repository import Repository
from store.restores import FindingRow, RestorePlan
from workers.lease import Lease
from workers.restoring.asked import Asked
from workers.restoring.execute import Execution
from workers.restoring.gather import Target, record_of
from workers.restoring.live import Live, read_live
from workers.restoring.names import Names
from workers.restoring.plan import WORKSPACE, Key
from workers.restoring.readback import Back, Finding, Result, by_record, extra, judge, live_files

EXTRA = "extra"
"""What a finding says of something in the target that was neither there before nor to be made."""
_AT_ONCE = 500
_FIRST_WAIT_SECONDS = 1.0
"""How long what seems wrong is waited for before it is looked at again; then twice as long, and so on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One restore's."""

    repository: Repository
    target: Target
    plan: RestorePlan
    execution: Execution
    lease: Lease
    known: Collection[Key]
    asked: Asked
    makers: Collection[str]
    """The app's ids of those whose grants wrote."""

    async def read_back(self) -> None:
        """Compare all that the plan is of with what is there, and keep what was found. Begins anew when interrupted.

        Where an app's listings lag behind its writes, what seems wrong is looked at again until they must have settled.
        """
        ended, wait_seconds = time.monotonic(), _FIRST_WAIT_SECONDS
        while True:
            await self.lease.report({"note": "reading back what was restored"}, advanced=True)
            is_good = await self._read_once()
            left = self.target.writing.settle_seconds - (time.monotonic() - ended)
            if is_good or left <= 0:
                return
            self.lease.check()
            await asyncio.sleep(min(wait_seconds, left))
            wait_seconds *= 2

    async def _read_once(self) -> bool:
        """Compare, keep what was found in place of what was found before, and say whether all is as it should be."""
        live = await read_live(self.target.connector, self.target.grants, self._workspaces(), datetime.now(UTC))
        back = self._back(live, await self._different(live))
        async with self.repository.database.account(self.plan.account_id) as connection:
            await restores.forget_findings(connection, self.plan)
        groups = list(by_record(self.execution.steps).items())
        is_good = True
        for at in range(0, len(groups), _AT_ONCE):
            self.lease.check()
            some = groups[at : at + _AT_ONCE]
            held = await self._held([key for key, _ in some])
            found = [(steps[0].ordinal, judge(steps, held.get(key), back)) for key, steps in some]
            is_good = is_good and all(finding.result is not Result.WRONG for _, finding in found)
            rows = [row_of(ordinal, finding) for ordinal, finding in found]
            async with self.repository.database.account(self.plan.account_id) as connection:
                await restores.keep_findings(connection, self.plan, rows)
        beyond = len(self.execution.steps)
        rows = [_extra(beyond + at, key) for at, key in enumerate(extra(back, self.known, without=self.asked.without))]
        async with self.repository.database.account(self.plan.account_id) as connection:
            await restores.keep_findings(connection, self.plan, rows)
        return is_good and not rows

    def _workspaces(self) -> frozenset[WorkspaceId]:
        names = self.execution.names
        found = {step.workspace_id for step in self.execution.steps if step.action is not Action.CANNOT}
        there = {names.of((WORKSPACE, str(workspace_id))) for workspace_id in found if workspace_id}
        return frozenset(WorkspaceId(name) for name in there if name)

    def _back(self, live: Live, different: Collection[ExternalId]) -> Back:
        ended = self.execution.ended
        return Back(
            writing=self.target.writing,
            specs=self.target.connector.spec.kinds,
            names=self.execution.names,
            live=live.records,
            failed={ordinal: outcome.failed for ordinal, outcome in ended.items() if outcome.failed is not None},
            lost={ordinal: outcome.lost for ordinal, outcome in ended.items() if outcome.lost},
            files=live_files(live.records),
            different_files=different,
            makers=self.makers,
        )

    async def _different(self, live: Live) -> frozenset[ExternalId]:
        """Read every file that was uploaded, and name those whose bytes are not the backup's."""
        there = live_files(live.records)
        steps = [step for step in self.execution.steps if step.kind == FILE_KIND and step.action is Action.CREATE]
        different: set[ExternalId] = set()
        for at in range(0, len(steps), _AT_ONCE):
            some = steps[at : at + _AT_ONCE]
            held = await self._held([step.key for step in some])
            for step in some:
                self.lease.check()
                record = held.get(step.key)
                file = _file_of(record, self.execution.names, there, live.files)
                if record is not None and file is not None and not await self._is_same(record, file):
                    different.add(step.external_id)
        return frozenset(different)

    async def _is_same(self, record: Record, file: File) -> bool:
        digest = hashlib.sha256()
        try:
            async with file.open() as stream:
                async for piece in stream:
                    digest.update(piece)
        except Unauthorised:
            raise
        except ConnectorError:
            return False
        return digest.hexdigest() == record.content.get("sha256")

    async def _held(self, keys: list[Key]) -> Mapping[Key, Record]:
        """Read records; what cannot be read is left out."""
        async with self.repository.database.account(self.plan.account_id) as connection:
            found = await selection.some(connection, self.plan.source_connection_id, self.plan.seq, keys)
        records: dict[Key, Record] = {}
        try:
            contents = await self.repository.read_many([version.content_id for version in found])
        except (Corrupt, NotFound):
            contents = {}
        for version in found:
            try:
                plain = contents.get(ChunkId(version.content_id)) or await self.repository.read(version.content_id)
            except (Corrupt, NotFound):
                continue
            record = self.asked.disguise(record_of(version, plain))
            if record.kind == FILE_KIND:
                decode_recipe(plain)
            records[record.kind, record.external_id] = record
        return records


def row_of(ordinal: int, found: Finding) -> FindingRow:
    """Write a finding as its row."""
    return FindingRow(
        ordinal=ordinal,
        kind=found.key[0],
        external_id=found.key[1],
        target_id=found.target_id,
        action=found.action.value,
        result=found.result.value,
        equal=found.equal,
        lost=dict(found.lost),
        wrong=list(found.wrong),
        reason=found.reason,
    )


def summary_of(counted: list[dict[str, JsonObject]]) -> JsonObject:
    """Add up findings: how many records came out how, and how many of their fields."""
    results: dict[str, int] = {}
    fields = {"equal": 0, "lost": 0, "wrong": 0}
    for row in counted:
        results[str(row["result"])] = results.get(str(row["result"]), 0) + int(str(row["records"]))
        for name in fields:
            fields[name] += int(str(row[name]))
    return {"results": results, "fields": fields}


def _extra(ordinal: int, key: Key) -> FindingRow:
    return FindingRow(
        ordinal=ordinal,
        kind=key[0],
        external_id=key[1],
        target_id=key[1],
        action="none",
        result=EXTRA,
        equal=0,
        lost={},
        wrong=[],
        reason="it was not there before, and was not to be made",
    )


def _file_of(
    record: Record | None, names: Names, there: Mapping[Key, Record], files: Mapping[ExternalId, File]
) -> File | None:
    parent = names.parent(record.parent) if record is not None else None
    found = there.get((parent.kind, parent.external_id)) if parent is not None else None
    return files.get(found.external_id) if found is not None else None

"""Restores: plans as they were agreed to, the journal of their steps, and what they made of what, as rows.

What is planned, and what a step means, is `workers.restoring`'s; here are ids, names of fields, and how far it came.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType, Self
from uuid import UUID

import asyncpg

from store.database import Connection
from store.errors import NotFound
from store.queries import load
from store.record import AccountId, ConnectionId, ExternalId, JsonObject, Kind, OperationId

_SQL = load("restores")
_AT_ONCE = 2000

PlanId = NewType("PlanId", UUID)
Name = tuple[Kind, str]
"""A record's kind and id, or a further name's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlan:
    """One row."""

    plan_id: PlanId
    account_id: AccountId
    operation_id: OperationId
    source_connection_id: ConnectionId
    seq: int
    target_connection_id: ConnectionId
    asked: JsonObject
    digest: bytes
    summary: JsonObject
    """`{"actions": {action: records}, "kinds": {kind: {action: records}}, "calls", "seconds"}`."""
    made_at: datetime
    restore_operation_id: OperationId | None
    checked_at: datetime | None
    stale: list[list[str]] | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """Read a row."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step, and how far it came."""

    ordinal: int
    phase: int
    lane: str
    action: str
    kind: Kind
    workspace_id: str
    external_id: ExternalId
    target_id: str | None
    fields: list[str]
    lost: dict[str, str]
    reason: str | None
    calls: int
    needs: list[int]
    waits: list[int]
    seen: str | None
    brought: bool
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    made_id: str | None = None
    failed: str | None = None
    lost_since: dict[str, str]

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """Read a row."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """What became of one record."""

    ordinal: int
    kind: Kind
    external_id: ExternalId
    target_id: str | None
    action: str
    result: str
    equal: int
    lost: dict[str, str]
    wrong: list[str]
    reason: str | None

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """Read a row."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


async def keep_plan(
    connection: Connection, plan: RestorePlan, steps: Iterable[StepRow], names: Mapping[Name, str | None]
) -> None:
    """Keep a plan whole, in the caller's transaction. One that the same operation kept before is replaced."""
    plan_id, account_id = plan.plan_id, plan.account_id
    await connection.execute(_SQL.forget_plan_of, account_id, plan.operation_id)
    await connection.execute(
        _SQL.insert_plan,
        plan_id,
        account_id,
        plan.operation_id,
        plan.source_connection_id,
        plan.seq,
        plan.target_connection_id,
        plan.asked,
        plan.digest,
        plan.summary,
    )
    rows = [
        (
            plan_id,
            account_id,
            step.ordinal,
            step.phase,
            step.lane,
            step.action,
            step.kind,
            step.workspace_id,
            step.external_id,
            step.target_id,
            step.fields,
            step.lost,
            step.reason,
            step.calls,
            step.needs,
            step.waits,
            step.seen,
            step.brought,
        )
        for step in steps
    ]
    await connection.executemany(_SQL.insert_steps, rows)
    await connection.execute(
        _SQL.insert_names,
        plan_id,
        account_id,
        [kind for kind, _ in names],
        [old for _, old in names],
        list(names.values()),
    )


async def get(connection: Connection, account_id: AccountId, plan_id: PlanId) -> RestorePlan:
    """Read a plan; NotFound when this account has none of that id."""
    row = await connection.fetchrow(_SQL.plan, account_id, plan_id)
    if row is None:
        raise NotFound(f"no restore plan {plan_id}")
    return RestorePlan.of(row)


async def made_by(connection: Connection, account_id: AccountId, operation_id: OperationId) -> RestorePlan | None:
    """Return the plan that an operation made."""
    row = await connection.fetchrow(_SQL.plan_of_operation, account_id, operation_id)
    return RestorePlan.of(row) if row else None


async def carried_out_by(
    connection: Connection, account_id: AccountId, operation_id: OperationId
) -> RestorePlan | None:
    """Return the plan that an operation carries out."""
    row = await connection.fetchrow(_SQL.plan_carried_out_by, account_id, operation_id)
    return RestorePlan.of(row) if row else None


async def by_digest(connection: Connection, account_id: AccountId, digest: bytes) -> RestorePlan | None:
    """Return the plan of a digest: of several alike, one that nobody has started."""
    row = await connection.fetchrow(_SQL.plan_by_digest, account_id, digest)
    return RestorePlan.of(row) if row else None


async def start(connection: Connection, account_id: AccountId, plan_id: PlanId, operation_id: OperationId) -> None:
    """Say which operation carries a plan out."""
    await connection.execute(_SQL.start_plan, account_id, plan_id, operation_id)


async def set_stale(
    connection: Connection, account_id: AccountId, plan_id: PlanId, changed: Sequence[tuple[str, str]]
) -> None:
    """Say what had changed in the app since a plan was made: it is never carried out."""
    await connection.execute(_SQL.set_stale, account_id, plan_id, [list(key) for key in changed])


async def set_checked(connection: Connection, plan: RestorePlan, known: Iterable[tuple[str, str]]) -> None:
    """Say that the target is as it was planned for, and remember what it holds. The first write may follow."""
    keys = list(known)
    for at in range(0, len(keys), _AT_ONCE):
        some = keys[at : at + _AT_ONCE]
        await connection.execute(
            _SQL.insert_known, plan.plan_id, plan.account_id, [kind for kind, _ in some], [found for _, found in some]
        )
    await connection.execute(_SQL.set_checked, plan.account_id, plan.plan_id)


async def set_finished(
    connection: Connection, plan: RestorePlan, at: datetime, *, summary: JsonObject | None = None
) -> None:
    """Say that it was read back, and forget what was only needed until then; the summary stays, unless given."""
    await connection.execute(_SQL.forget_known, plan.account_id, plan.plan_id)
    await connection.execute(_SQL.set_finished, plan.account_id, plan.plan_id, at, summary or plan.summary)


async def steps(
    connection: Connection,
    account_id: AccountId,
    plan_id: PlanId,
    *,
    after: int = -1,
    limit: int = _AT_ONCE,
    actions: Sequence[str] | None = None,
) -> list[StepRow]:
    """List a plan's steps in order, from behind `after` on."""
    wanted = list(actions) if actions is not None else None
    rows = await connection.fetch(_SQL.steps_of_action, account_id, plan_id, after, limit, wanted)
    return [StepRow.of(row) for row in rows]


async def every_step(connection: Connection, account_id: AccountId, plan_id: PlanId) -> list[StepRow]:
    """List all of a plan's steps in order."""
    found: list[StepRow] = []
    while True:
        after = found[-1].ordinal if found else -1
        page = await steps(connection, account_id, plan_id, after=after)
        found += page
        if len(page) < _AT_ONCE:
            return found


async def begin_step(connection: Connection, plan: RestorePlan, ordinal: int) -> None:
    """Note that a step's call is about to be made. Idempotent."""
    await connection.execute(_SQL.begin_step, plan.account_id, plan.plan_id, ordinal)


async def end_step(
    connection: Connection,
    plan: RestorePlan,
    ordinal: int,
    *,
    made_id: str | None,
    failed: str | None,
    lost: Mapping[str, str],
    names: Mapping[Name, str],
) -> None:
    """Note how a step ended, with what it made of which name: for this restore, and for later ones."""
    await connection.execute(_SQL.end_step, plan.account_id, plan.plan_id, ordinal, made_id, failed, dict(lost))
    if names:
        await connection.execute(
            _SQL.keep_restored,
            plan.account_id,
            plan.source_connection_id,
            plan.target_connection_id,
            [kind for kind, _ in names],
            [old for _, old in names],
            list(names.values()),
            plan.plan_id,
        )


async def planned_names(connection: Connection, plan: RestorePlan) -> dict[Name, str | None]:
    """Read what the plan knew of names."""
    rows = await connection.fetch(_SQL.names, plan.account_id, plan.plan_id)
    return {(Kind(row["kind"]), row["old"]): row["new"] for row in rows}


async def made_names(connection: Connection, account_id: AccountId, plan_id: PlanId) -> dict[Name, str]:
    """Read what a plan's steps have made of which name so far."""
    rows = await connection.fetch(_SQL.restored_by_plan, account_id, plan_id)
    return {(Kind(row["kind"]), row["old"]): row["new"] for row in rows}


async def forget_restored(connection: Connection, plan: RestorePlan) -> None:
    """Forget what a plan's steps made: it is not there any more."""
    await connection.execute(_SQL.forget_restored, plan.account_id, plan.plan_id)


async def known(connection: Connection, plan: RestorePlan) -> set[tuple[Kind, ExternalId]]:
    """Read what the target held before the first write."""
    rows = await connection.fetch(_SQL.known, plan.account_id, plan.plan_id)
    return {(Kind(row["kind"]), ExternalId(row["external_id"])) for row in rows}


async def restored(
    connection: Connection,
    account_id: AccountId,
    source: ConnectionId,
    target: ConnectionId,
    names: Sequence[Name],
) -> dict[Name, list[str]]:
    """Return what earlier restores made of these names, and of what they made, the newest first."""
    rows = await connection.fetch(
        _SQL.restored_of, account_id, source, target, [kind for kind, _ in names], [old for _, old in names]
    )
    found: dict[Name, list[str]] = {}
    for row in rows:
        found.setdefault((Kind(row["kind"]), row["old"]), []).append(row["new"])
    return found


async def keep_findings(connection: Connection, plan: RestorePlan, findings: Iterable[FindingRow]) -> None:
    """Keep what became of records. Idempotent."""
    rows = [
        (
            plan.plan_id,
            plan.account_id,
            found.ordinal,
            found.kind,
            found.external_id,
            found.target_id,
            found.action,
            found.result,
            found.equal,
            found.lost,
            found.wrong,
            found.reason,
        )
        for found in findings
    ]
    await connection.executemany(_SQL.insert_findings, rows)


async def forget_findings(connection: Connection, plan: RestorePlan) -> None:
    """Forget what an interrupted read-back found."""
    await connection.execute(_SQL.forget_findings, plan.account_id, plan.plan_id)


async def findings(
    connection: Connection,
    account_id: AccountId,
    plan_id: PlanId,
    *,
    after: int = -1,
    limit: int = _AT_ONCE,
    results: Sequence[str] | None = None,
) -> list[FindingRow]:
    """List what became of records, in the order of their first steps, from behind `after` on."""
    wanted = list(results) if results is not None else None
    rows = await connection.fetch(_SQL.findings, account_id, plan_id, after, limit, wanted)
    return [FindingRow.of(row) for row in rows]


async def count_findings(connection: Connection, account_id: AccountId, plan_id: PlanId) -> list[dict[str, Any]]:
    """Count by kind and result: records, and fields equal, lost and wrong."""
    rows = await connection.fetch(_SQL.count_findings, account_id, plan_id)
    return [
        {name: int(value) if name not in ("kind", "result") else value for name, value in row.items()} for row in rows
    ]

"""Restores: their steps and findings a page at a time, and the addresses of their reports."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from api.context import Info
from api.page import Connection, Key, paginate, window
from api.reports import Format, report_path
from store import restores
from store.record import OperationId
from store.restores import FindingRow, RestorePlan, StepRow

T = TypeVar("T")


async def list_steps(
    info: Info,
    plan: RestorePlan,
    node: Callable[[StepRow], T],
    *,
    first: int,
    after: str | None,
    actions: Sequence[str] | None,
) -> Connection[T]:
    """List a plan's steps in order."""
    asked = await window(info, ["restoreSteps", plan.plan_id, actions], first=first, after=after)

    async def fetch(*, beyond: Key | None, backwards: bool, limit: int) -> list[StepRow]:  # noqa: ARG001 - forwards only
        async with info.context.session() as session:
            return await restores.steps(
                session,
                plan.account_id,
                plan.plan_id,
                after=beyond[0] if beyond else -1,
                limit=limit,
                actions=actions,
            )

    return await paginate(info, asked, fetch, key=lambda row: [row.ordinal], node=node)


async def list_findings(
    info: Info,
    plan: RestorePlan,
    node: Callable[[FindingRow], T],
    *,
    first: int,
    after: str | None,
    results: Sequence[str] | None,
) -> Connection[T]:
    """List what became of records, in the order of their first steps."""
    asked = await window(info, ["restoreFindings", plan.plan_id, results], first=first, after=after)

    async def fetch(*, beyond: Key | None, backwards: bool, limit: int) -> list[FindingRow]:  # noqa: ARG001
        async with info.context.session() as session:
            return await restores.findings(
                session,
                plan.account_id,
                plan.plan_id,
                after=beyond[0] if beyond else -1,
                limit=limit,
                results=results,
            )

    return await paginate(info, asked, fetch, key=lambda row: [row.ordinal], node=node)


async def report_urls(info: Info, operation_id: OperationId) -> tuple[str, str]:
    """Give the addresses of a restore's report, as JSON and as CSV."""
    context = info.context
    signer = await context.signer()
    base, now = context.services.public_url, context.services.now()
    json, csv = (
        base + report_path(signer, context.account_id, operation_id, format_, now)
        for format_ in (Format.JSON, Format.CSV)
    )
    return json, csv

"""Erase: an account, or chosen records, so that nobody can read them any more; what was proven before stays proven."""

import asyncio
from dataclasses import asdict
from typing import Any
from uuid import UUID

from store import erasures, keeping, operations
from store.erase_account import AccountErasure, Counts
from store.erase_records import RecordErasure
from store.mentions import mentioning
from store.record import ContentId, ErasureId, JsonObject
from store.sweep import sweep
from store.sweep_orphans import sweep_orphans
from workers.lease import Lease
from workers.publish import cover
from workers.runtime import Runtime

NAMED = 100
"""How many records a dry run names; it counts all."""
_LOOK_SECONDS = 2.0


async def perform(runtime: Runtime, lease: Lease) -> JsonObject:
    """Do it, once nothing else of the account is under way; resumes where it stopped. The result holds the receipt."""
    lease.check()
    await _alone(runtime, lease)
    if lease.operation.arguments["scope"] == "account":
        return await _erase_account(runtime, lease)
    return await _erase_records(runtime, lease)


async def _alone(runtime: Runtime, lease: Lease) -> None:
    """Wait for what is under way; nothing of the account is begun meanwhile. A backup gives way within its turn."""
    operation = lease.operation
    while True:
        async with runtime.database.account(operation.account_id) as connection:
            if not await operations.others_running(connection, operation.account_id, operation.operation_id):
                return
        lease.check()
        await lease.report({"note": "waiting for what is under way"})
        await asyncio.sleep(_LOOK_SECONDS)


async def forget(runtime: Runtime, lease: Lease) -> None:
    """Forget a request that came to nothing. What an erasure has begun to do cannot be taken back."""
    erasure_id = lease.operation.arguments.get("erasure_id")
    if erasure_id is not None:
        async with runtime.database.account(lease.operation.account_id) as connection:
            await erasures.forget(connection, lease.operation.account_id, ErasureId(UUID(erasure_id)))


async def _erase_account(runtime: Runtime, lease: Lease) -> JsonObject:
    operation = lease.operation
    progress: dict[str, Any] = dict(operation.progress)
    erasure = AccountErasure(
        database=runtime.database,
        backend=runtime.backend,
        masters=runtime.masters,
        account_id=operation.account_id,
        operation_id=operation.operation_id,
    )
    if "counts" not in progress:
        progress["counts"] = asdict(await erasure.begin())
        await lease.report(progress, advanced=True)
    counts = Counts(**progress["counts"])
    if "receipt" not in progress:
        await erasure.turn_keys()
        runtime.forget(operation.account_id)
        await lease.report({"note": "deleting objects"}, advanced=True)
        await erasure.delete_objects()
        await erasure.delete_rows()
        given = operation.arguments
        progress["receipt"] = await erasure.log(counts, reason=given["reason"], by=given["by"])
        # The keys that made it are about to go: it could not be made again.
        await lease.report({**progress, "note": "closing the log"}, advanced=True)
    await erasure.close()
    return {"scope": "account", **asdict(counts), "receipt": progress["receipt"]}


async def _erase_records(runtime: Runtime, lease: Lease) -> JsonObject:
    account_id, arguments = lease.operation.account_id, lease.operation.arguments
    erasure_id, is_dry_run = ErasureId(UUID(arguments["erasure_id"])), arguments["dry_run"]
    repository = await runtime.repository(account_id)
    async with runtime.database.account(account_id) as connection:
        request, erased_at = await erasures.get(connection, repository.keys, erasure_id)
        await keeping.still_taking(connection, account_id)
    if erased_at is None:
        await _choose(runtime, lease, erasure_id, request)
        if is_dry_run:
            planned = await _plan(runtime, lease, erasure_id)
            await forget(runtime, lease)
            return {"scope": "records", "dry_run": True, **planned}
        lease.check()
        done = await RecordErasure(repository=repository, erasure_id=erasure_id, request=request).run()
        await lease.report({"erased": asdict(done), "note": "deleting objects"}, advanced=True)
    await cover(runtime, lease, "the erasure")
    swept = await sweep(repository)
    orphans = await sweep_orphans(repository)
    entry, receipt = await erasures.receipt(repository, erasure_id)
    return {
        "scope": "records",
        "dry_run": False,
        "records": entry["records"],
        "versions": entry["versions"],
        "stored_bytes": swept.stored_bytes,
        "orphans": orphans,
        "receipt": receipt.decode(),
    }


async def _choose(runtime: Runtime, lease: Lease, erasure_id: ErasureId, request: erasures.Request) -> None:
    account_id = lease.operation.account_id
    repository = await runtime.repository(account_id)
    found: list[ContentId] = []
    if request.mentioning is not None:

        async def told(done: int, total: int) -> None:
            lease.check()
            await lease.report({"done": done, "total": total, "note": "reading every record"})

        found = await mentioning(repository, request.mentioning, told)
    async with runtime.database.account(account_id) as connection:
        await erasures.target_records(connection, account_id, erasure_id, request)
        await erasures.target_contents(connection, account_id, erasure_id, found)


async def _plan(runtime: Runtime, lease: Lease, erasure_id: ErasureId) -> JsonObject:
    async with runtime.database.account(lease.operation.account_id) as connection:
        extent = await erasures.extent(connection, erasure_id)
        listed = await erasures.first(connection, erasure_id, NAMED)
    return {
        "records": extent.records,
        "versions": extent.versions,
        "size_bytes": extent.size_bytes,
        "first": [[str(one.connection_id), one.kind, one.external_id] for one in listed],
    }

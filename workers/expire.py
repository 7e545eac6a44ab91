"""Expire: gives up what retention does not keep, lets a checkpoint cover that, and sweeps what nothing needs."""

from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from store import accounts, connected_apps, holds, retentions
from store.compact import MOST_PACKS, compact
from store.errors import Held
from store.expire import cleared, expire, uncleared
from store.record import JsonObject
from store.sweep import Swept, sweep
from store.sweep_nodes import sweep_nodes
from workers.lease import Lease
from workers.publish import cover
from workers.runtime import Runtime

HELD = "HELD"
"""The code of the warning that a legal hold kept something from being given up."""


async def perform(runtime: Runtime, lease: Lease) -> JsonObject:
    """Expire and sweep. What a hold on a connection forbids becomes a warning; Held for one on the account.

    In this order: the log has to say what was given up before a reader of the bucket can miss it.
    """
    account_id = lease.operation.account_id
    lease.check()
    repository = await runtime.repository(account_id)
    async with runtime.database.account(account_id) as connection:
        zone = ZoneInfo((await accounts.get(connection, account_id)).time_zone)
        connected = await connected_apps.every(connection, account_id)
        kept = await retentions.of_account(connection, account_id)
        await holds.forbid_account(connection, account_id)
    warnings: list[JsonObject] = []
    # What an interrupted attempt has done still counts.
    expired: int = lease.operation.progress.get("snapshots", 0)
    for one in connected:
        lease.check()
        retention = kept.get(one.connection_id, kept.get(None))
        if retention is None:
            continue
        try:
            expired += len(await expire(repository, one.connection_id, retention, zone))
        except Held as error:
            warnings.append({"code": HELD, "where": f"connection/{one.connection_id}", "message": str(error)})
        await lease.report({"snapshots": expired}, warnings=warnings)
    swept = Swept(packs=0, stored_bytes=0)
    try:
        until = await _make_room(runtime, lease)
        await cover(runtime, lease, "what expired")
        swept = await sweep(repository)
        if until is not None:
            async with runtime.database.account(account_id) as connection:
                await cleared(connection, account_id, until)
    except Held as error:
        await cover(runtime, lease, "what expired")
        warnings.append({"code": HELD, "where": "packs", "message": str(error)})
        await lease.report({}, warnings=warnings)
    return {"snapshots": expired, **asdict(swept)}


async def _make_room(runtime: Runtime, lease: Lease) -> datetime | None:
    """Let go of what only expired snapshots needed; returns until when they had expired, None when none had."""
    repository = await runtime.repository(lease.operation.account_id)
    async with runtime.database.account(repository.account_id) as connection:
        until = await uncleared(connection, repository.account_id)
    if until is not None:
        await sweep_nodes(repository)
        while (await compact(repository)).packs == MOST_PACKS:
            lease.check()
    return until


async def forget(runtime: Runtime, lease: Lease) -> None:
    """Nothing is left behind: each part is whole by itself."""

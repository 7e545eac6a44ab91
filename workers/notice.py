"""Notice: what of the operations that ended, and of the connections in trouble, somebody may want to be told.

Each is looked at once, in the transaction that keeps the event: whatever ended an operation, and whichever process
died since, it is told, and told once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from store import events, queries
from store.connected_apps import ConnectionStatus
from store.database import Connection, Database
from store.events import EventKind
from store.operations import OperationKind, OperationStatus
from store.record import AccountId, ConnectionId, JsonObject
from workers import ids
from workers.mass import What

AT_ONCE = 200
_FAULTS_NAMED = 10

_SQL = queries.load("events")
_MASS = {What.CHANGED: EventKind.BACKUP_MASS_CHANGE, What.DELETED: EventKind.BACKUP_MASS_DELETION}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event to be kept."""

    kind: EventKind
    data: JsonObject


async def notice(database: Database) -> int:
    """Look at what nobody has looked at yet, in every account; returns how many events there were."""
    kept = 0
    async with database.system() as connection:
        rows = await connection.fetch(_SQL.to_notice, AT_ONCE)
        for row in map(dict, rows):
            for happened in of_operation(row):
                kept += await _keep(connection, row, happened, key=str(row["operation_id"]))
        await connection.execute(_SQL.noticed, [row["operation_id"] for row in rows])
        troubled = await connection.fetch(_SQL.troubled, AT_ONCE)
        for row in map(dict, troubled):
            # Trouble comes back after it was mended: then it is another.
            number = await connection.fetchval(_SQL.next_trouble)
            kept += await _keep(connection, row, of_connection(row), key=f"{row['connection_id']} {number}")
        await connection.execute(_SQL.noticed_trouble, [row["connection_id"] for row in troubled])
        await connection.execute(_SQL.forget_trouble)
    return kept


async def _keep(connection: Connection, row: Mapping[str, Any], happened: Happened, *, key: str) -> bool:
    connection_id = row["connection_id"]
    event = await events.put(
        connection,
        account_id=AccountId(row["account_id"]),
        kind=happened.kind,
        key=key,
        data=happened.data,
        connection_id=None if connection_id is None else ConnectionId(connection_id),
    )
    return event is not None


def of_operation(row: Mapping[str, Any]) -> Iterator[Happened]:
    """Say what is to be told of an operation that has ended: its row, with the name and app of its connection."""
    operation = {"operation": ids.encode(ids.Prefix.OPERATION, row["operation_id"])}
    failure = {"failure": {"code": row["error_code"], "message": row["error_message"]}}
    has_failed, result = row["status"] == OperationStatus.FAILED, row["result"] or {}
    if row["kind"] == OperationKind.VERIFICATION:
        about = {**operation, "depth": row["arguments"].get("depth")}
        if has_failed:
            yield Happened(kind=EventKind.VERIFICATION_FAULT, data={**about, **failure})
        elif row["warning_count"]:
            named = row["warnings"][:_FAULTS_NAMED]
            faults = {"faults": row["warning_count"], "first": named}
            yield Happened(kind=EventKind.VERIFICATION_FAULT, data={**about, **faults})
    if row["kind"] == OperationKind.DRIVE_SYNC and has_failed:
        yield Happened(kind=EventKind.COPY_FAILED, data={**operation, **failure})
    if row["kind"] == OperationKind.BACKUP:
        about = {**_about(row, row["connection_name"]), **operation}
        if has_failed:
            yield Happened(kind=EventKind.BACKUP_FAILED, data={**about, **failure})
        if drift := result.get("drift"):
            counts = {kind: {name: n for name, n in found.items() if name != "ids"} for kind, found in drift.items()}
            yield Happened(kind=EventKind.BACKUP_DRIFT, data={**about, "sequence": result["seq"], "drift": counts})
        for found in result.get("mass", ()):
            mass = {"sequence": result["seq"], "mass": found}
            yield Happened(kind=_MASS[What(found["what"])], data={**about, **mass})


def of_connection(row: Mapping[str, Any]) -> Happened:
    """Say what is to be told of a connection in trouble: a row of `connections`."""
    assert row["status"] == ConnectionStatus.NEEDS_ATTENTION
    return Happened(
        kind=EventKind.CONNECTION_NEEDS_ATTENTION, data={**_about(row, row["name"]), "reason": row["status_reason"]}
    )


def _about(row: Mapping[str, Any], name: str | None) -> JsonObject:
    if row["connection_id"] is None:
        return {}
    return {
        "connection": {
            "id": ids.encode(ids.Prefix.CONNECTION, row["connection_id"]),
            "name": name,
            "app": row["app"],
        }
    }

"""`holdfast scope`: what of a connection is backed up, and what no grant reaches."""

from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer

from api.cli.look import Look
from api.cli.options import AccountName, ConnectionName, JsonFlag
from api.cli.output import add_rows, emit_json, out, table
from api.cli.session import Session, in_session
from store import connected_apps, grants, snapshots, workspaces
from store.connected_apps import ConnectedApp
from store.record import JsonObject, WorkspaceId
from workers.coverage import gaps

MOST = 10_000


def scope(
    connection: ConnectionName = None,
    *,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Back up this workspace and what lies in it; may be repeated.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", help="Never this workspace nor what lies in it; may be repeated.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Back up all that can be reached, what is new too.")
    ] = False,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Show what is backed up and what no grant reaches; with an option, change it from the next backup on."""

    async def work(session: Session) -> JsonObject:
        connected = await session.connection(connection)
        if only or exclude or everything:
            connected = await _change(session, connected, only=only, exclude=exclude or [])
        return await _look(session, connected)

    told = in_session(work, account=account)
    if json:
        emit_json(told)
    else:
        _print(told)


async def _change(
    session: Session, connected: ConnectedApp, *, only: list[str] | None, exclude: list[str]
) -> ConnectedApp:
    look = Look(session=session, connected=connected)
    included = [await look.workspace(name) for name in only] if only else None
    excluded = [await look.workspace(name) for name in exclude]
    async with session.runtime.database.account(session.account_id) as database:
        return await connected_apps.set_scope(
            database, session.account_id, connected.connection_id, included=included, excluded=excluded
        )


async def _look(session: Session, connected: ConnectedApp) -> JsonObject:
    keys, named = (await session.repository()).keys, (session.account_id, connected.connection_id)
    warnings: list[JsonObject] = []
    async with session.runtime.database.account(session.account_id) as database:
        rows = await workspaces.page(database, *named, limit=MOST)
        held = (await grants.of_connections(database, session.account_id, [connected.connection_id]))[
            connected.connection_id
        ]
        latest = await snapshots.latest(database, connected.connection_id)
        if latest is not None:
            text = await snapshots.manifest(database, latest.snapshot_id)
            warnings = orjson.loads(text or b"{}").get("warnings", [])
    methods = session.runtime.connector(connected.app).spec.auth_methods
    found = gaps(
        held,
        [row for row in rows if row.in_scope and not row.reachable],
        warnings,
        datetime.now(UTC),
        renewing={method.name for method in methods if method.is_oauth2},
    )
    return {
        "connection_id": connected.connection_id,
        "included": None if connected.included is None else sorted(connected.included),
        "excluded": sorted(connected.excluded),
        "workspaces": [
            {
                "workspace_id": row.workspace_id,
                "kind": row.kind,
                "name": row.name(keys),
                "parent_workspace_id": row.parent_workspace_id,
                "in_scope": _is_taken(connected, row.workspace_id, row.parent_workspace_id),
                "reachable": row.reachable,
            }
            for row in rows
        ],
        "gaps": [
            {"kind": gap.kind.value, "where": gap.where, "message": gap.message, "what_to_do": gap.what_to_do}
            for gap in found
        ],
    }


def _is_taken(connected: ConnectedApp, workspace_id: WorkspaceId, parent: WorkspaceId | None) -> bool:
    """Whether the next backup takes it: the row says what the last one did."""
    ids = {workspace_id} if parent is None else {workspace_id, parent}
    return not ids & connected.excluded and (connected.included is None or bool(ids & connected.included))


def _print(told: JsonObject) -> None:
    made = table("workspace", "what", "name", "backed up", "reached")
    rows = [
        (
            each["workspace_id"],
            each["kind"],
            each["name"],
            "yes" if each["in_scope"] else "no",
            "yes" if each["reachable"] else "no",
        )
        for each in told["workspaces"]
    ]
    out.print(add_rows(made, rows))
    if told["gaps"]:
        made = table("not reached", "why", "what to do")
        out.print(add_rows(made, [(gap["where"], gap["message"], gap["what_to_do"]) for gap in told["gaps"]]))

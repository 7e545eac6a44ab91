"""`holdfast records`: what a snapshot holds."""

from datetime import datetime
from typing import Annotated, Any

import typer

from api.cli.look import Look
from api.cli.options import AccountName, AsOf, ConnectionName, JsonFlag
from api.cli.output import add_rows, emit_json, out, table
from api.cli.session import Session, in_session
from store import versions
from store.versions import Version

LIMIT = 50


def records(
    connection: ConnectionName = None,
    *,
    kind: Annotated[list[str] | None, typer.Option("--kind", "-k", help="Only this kind; may be repeated.")] = None,
    workspace: Annotated[str | None, typer.Option("--workspace", "-w", help="A workspace's name or id.")] = None,
    as_of: AsOf = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="What was there before and is not any more.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="How many at most.")] = LIMIT,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """List records, as the newest snapshot or an earlier one has them."""

    async def work(session: Session) -> dict[str, Any]:
        connected = await session.connection(connection)
        look = Look(session=session, connected=connected)
        snapshot = await session.snapshot(connected, as_of)
        kinds = [look.kind(name) for name in kind] if kind else None
        workspace_id = await look.workspace(workspace) if workspace is not None else None
        async with session.runtime.database.account(session.account_id) as database:
            listed = await versions.list_records(
                database,
                connected.connection_id,
                snapshot.seq,
                workspace_id=workspace_id,
                kinds=kinds,
                deleted=deleted,
                limit=limit + 1,
            )
            total = (
                None
                if deleted
                else await versions.count_records(
                    database, connected.connection_id, snapshot.seq, workspace_id=workspace_id, kinds=kinds
                )
            )
        names = await look.workspace_names()
        shown = listed[:limit]
        titles = await look.titles(shown)
        rows = [_row(version, title, names) for version, title in zip(shown, titles, strict=True)]
        return {
            "snapshot": snapshot.seq,
            "as_of": snapshot.finished_at,
            "records": rows,
            "count": total,
            "has_more": len(listed) > limit,
        }

    found = in_session(work, account=account)
    if json:
        emit_json(found)
        return
    rows = found["records"]
    moment: datetime = found["as_of"]
    out.print(f"[dim]Snapshot {found['snapshot']}, {moment.astimezone():%Y-%m-%d %H:%M:%S}")
    cells = [
        (f"{row['kind']}:{row['id']}", row["title"], row["workspace"], row["changed_at"], row["since_snapshot"])
        for row in rows
    ]
    out.print(add_rows(table("record", "title", "workspace", "changed", "since snapshot#"), cells))
    if found["has_more"]:
        total = f" of {found['count']:,}" if found["count"] is not None else ""
        out.print(f"[dim]The first {len(rows):,}{total}: --limit gives more, --kind and --workspace narrow it down.")


def _row(version: Version, title: str, names: dict[Any, str]) -> dict[str, Any]:
    return {
        "kind": version.key.kind,
        "id": version.key.external_id,
        "title": title,
        "workspace_id": version.key.workspace_id,
        "workspace": names.get(version.key.workspace_id, ""),
        "parent": f"{version.parent.kind}:{version.parent.external_id}" if version.parent else None,
        "changed_at": version.changed_at,
        "changed_by": version.changed_by,
        "since_snapshot": version.from_seq,
        "size_bytes": version.size_bytes,
    }

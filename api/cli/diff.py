"""`holdfast diff`: what changed between two snapshots."""

from typing import Annotated, Any

import typer

from api.cli.history import describe, render_difference
from api.cli.look import Look
from api.cli.moment import HELP
from api.cli.options import AccountName, ConnectionName, JsonFlag
from api.cli.output import add_rows, emit_json, out, table
from api.cli.session import Session, in_session
from store import snapshots
from store.compare import RecordChange, compare
from store.differences import differences
from store.record import FILE_KIND, ContentId, JsonObject
from store.snapshots import Snapshot
from store.tree.nodes import PostgresNodes

_FIELDS_SHOWN = 4
_POINT = f"A snapshot's number, or a time: {HELP}."


def diff(
    old: Annotated[str | None, typer.Argument(help=f"{_POINT} The one before the newest when left out.")] = None,
    new: Annotated[str | None, typer.Argument(help=f"{_POINT} The newest when left out.")] = None,
    *,
    connection: ConnectionName = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="How many changes at most.")] = 200,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Show what was added, edited, moved and deleted from one snapshot to another."""

    async def work(session: Session) -> JsonObject:
        look = Look(session=session, connected=await session.connection(connection))
        newer = await session.snapshot(look.connected, new)
        older = await session.snapshot(look.connected, old) if old is not None else await before(look, newer)
        return await tell(look, older, newer, limit=limit)

    told = in_session(work, account=account)
    if json:
        emit_json(told)
    else:
        print_changes(told)


async def before(look: Look, snapshot: Snapshot) -> Snapshot | None:
    """Return the snapshot before one, of those that are kept; None before the first."""
    session = look.session
    async with session.runtime.database.account(session.account_id) as connection:
        return await snapshots.before(connection, look.connected.connection_id, snapshot.seq)


async def tell(look: Look, older: Snapshot | None, newer: Snapshot, *, limit: int) -> JsonObject:
    """Gather the changes from one snapshot to another; `older` None means from nothing."""
    session = look.session
    changes: list[RecordChange] = []
    async with session.runtime.database.account(session.account_id) as connection:
        nodes = PostgresNodes(connection, session.account_id)
        async for batch in compare(connection, nodes, older, newer):
            changes += batch
            if len(changes) > limit:
                break
    has_more = len(changes) > limit
    changes = changes[:limit]
    wanted = [entry.content_id for change in changes for entry in (change.old, change.new) if entry is not None]
    opened = await look.contents(wanted)
    names = await look.workspace_names()
    return {
        "old": older.seq if older else None,
        "new": newer.seq,
        "changes": [_describe(look, change, opened, names) for change in changes],
        "has_more": has_more,
    }


def _describe(
    look: Look, change: RecordChange, opened: dict[ContentId, JsonObject], names: dict[Any, str]
) -> JsonObject:
    key = change.entry.key
    fields: list[JsonObject] = []
    if (
        change.old is not None
        and change.new is not None
        and {change.old.content_id, change.new.content_id} <= set(opened)
    ):
        # A file's recipe lists chunks, which say nothing to a person.
        hidden = {"chunks"} if key.kind == FILE_KIND else set()
        old, new = (
            {name: value for name, value in opened[entry.content_id].items() if name not in hidden}
            for entry in (change.old, change.new)
        )
        fields = [describe(difference) for difference in differences(old, new)]
    return {
        "change": change.change,
        "kind": key.kind,
        "id": key.external_id,
        "title": look.title(key.kind, opened.get(change.entry.content_id, {})),
        "workspace_id": key.workspace_id,
        "workspace": names.get(key.workspace_id, ""),
        "differences": fields,
    }


def print_changes(told: JsonObject, *, brief: bool = False) -> None:
    """Write the changes for people: a table with ids and the first few fields that differ; `brief` gives names only."""
    source = f"snapshot {told['old']}" if told["old"] is not None else "nothing"
    changes = told["changes"]
    if not changes:
        out.print(f"Nothing changed from {source} to snapshot {told['new']}.")
        return
    made = table(
        "change",
        "kind" if brief else "record",
        "title",
        "what differs",
        title=f"From {source} to snapshot {told['new']}",
    )
    tell_fields = _names if brief else _fields
    for change in changes:
        add_rows(
            made,
            [
                (
                    change["change"],
                    change["kind"] if brief else f"{change['kind']}:{change['id']}",
                    change["title"],
                    tell_fields(change),
                )
            ],
        )
        made.rows[-1].style = _STYLES.get(change["change"], "")
    out.print(made)
    if told["has_more"]:
        out.print(f"[dim]The first {len(changes):,}: --limit gives more.")


def _fields(change: JsonObject) -> str:
    lines = [render_difference(each).plain.strip() for each in change["differences"][:_FIELDS_SHOWN]]
    more = len(change["differences"]) - _FIELDS_SHOWN
    return "; ".join([*lines, *([f"and {more} more"] if more > 0 else [])])


def _names(change: JsonObject) -> str:
    return ", ".join(dict.fromkeys(each["path"].split("/")[1] for each in change["differences"] if each["path"]))


_STYLES = {"added": "green", "edited": "yellow", "moved": "cyan", "deleted": "red"}

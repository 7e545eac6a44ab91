"""`holdfast history`: every version of one record, and what differs from each to the next."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import orjson
import typer
from rich.console import Group
from rich.text import Text

from api.cli.look import Look
from api.cli.options import AccountName, ConnectionName, JsonFlag
from api.cli.output import emit_json, out, printable, shown
from api.cli.session import Session, in_session
from store import snapshots
from store.differences import Change, Difference, differences
from store.record import JsonObject
from store.versions import Version

SELECTOR_HELP = "A record's id, or kind:id (card:5f2c…)."
_WIDEST = 60
_SHOWN_BEFORE = 12


def history(
    record: Annotated[str, typer.Argument(help=SELECTOR_HELP)],
    *,
    connection: ConnectionName = None,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Show every version of one record, with the fields that differ."""

    async def work(session: Session) -> JsonObject:
        return await tell(Look(session=session, connected=await session.connection(connection)), record)

    told = in_session(work, account=account)
    if json:
        emit_json(told)
    else:
        out.print(render(told))


async def tell(look: Look, selector: str) -> JsonObject:
    """Gather a record's history: steps oldest first, each with its snapshot and its differences to the one before."""
    listed = list(reversed(await look.history(selector)))
    opened = await look.contents(version.content_id for version in listed)
    session = look.session
    seqs = sorted({version.from_seq for version in listed} | {v.to_seq for v in listed if v.to_seq is not None})
    async with session.runtime.database.account(session.account_id) as connection:
        by_seq = await snapshots.by_seqs(connection, look.connected.connection_id, seqs)
    steps: list[JsonObject] = []
    previous: JsonObject | None = None
    before = False
    for position, version in enumerate(listed):
        content = None if version.erased else opened.get(version.content_id)
        found = differences(previous, content) if previous is not None and content is not None else []
        steps.append(
            {
                "change": version.change if before else "added",
                "erased": content is None,
                "snapshot": version.from_seq,
                "seen_at": by_seq[version.from_seq].finished_at,
                "changed_at": version.changed_at,
                "changed_by": version.changed_by,
                "differences": [describe(difference) for difference in found],
            }
        )
        previous, before = content, True
        if version.to_seq is not None and _ended(listed, position):
            seen_at = by_seq[version.to_seq].finished_at
            steps.append({"change": "deleted", "snapshot": version.to_seq, "seen_at": seen_at, "differences": []})
            previous, before = None, False
    newest = listed[-1]
    return {
        "record": f"{newest.key.kind}:{newest.key.external_id}",
        "title": look.title(newest.key.kind, opened.get(newest.content_id, {})),
        "workspace_id": newest.key.workspace_id,
        "steps": steps,
    }


def _ended(listed: Sequence[Version], position: int) -> bool:
    """Whether the record was away after this version."""
    version = listed[position]
    return position + 1 == len(listed) or listed[position + 1].from_seq != version.to_seq


def describe(difference: Difference) -> JsonObject:
    """Write a difference for programs."""
    return {
        "path": difference.pointer,
        "change": difference.change.value,
        "old": difference.old,
        "new": difference.new,
    }


def render(told: JsonObject) -> Group:
    """Write a history for people."""
    lines: list[Text] = [
        Text.assemble((printable(told["title"]) or told["record"], "bold"), "  ", (told["record"], "dim"))
    ]
    for step in told["steps"]:
        when: datetime = step["seen_at"]
        who = f" by {step['changed_by']}" if step.get("changed_by") else ""
        gone = ", its content was erased" if step.get("erased") else ""
        said = f"{gone}, changed {shown(step['changed_at'])}{who}" if step.get("changed_at") else gone
        lines.append(
            Text.assemble(
                ("● ", _COLOURS.get(step["change"], "")),
                (f"{step['change']:8}", _COLOURS.get(step["change"], "")),
                (f" snapshot {step['snapshot']}, {when.astimezone():%Y-%m-%d %H:%M:%S}{said}", "dim"),
            )
        )
        lines += [render_difference(difference) for difference in step["differences"]]
    return Group(*lines)


def render_difference(difference: JsonObject) -> Text:
    """Write one field's difference on one line."""
    path = Text(f"    {printable(difference['path'].lstrip('/')).replace('/', '.')}: ")
    match difference["change"]:
        case Change.ADDED:
            return path + Text("+ ", "green") + Text(brief(difference["new"]), "green")
        case Change.REMOVED:
            return path + Text("- ", "red") + Text(brief(difference["old"]), "red")
        case _:
            old, new = brief_pair(difference["old"], difference["new"])
            return path + Text(old, "red") + Text(" → ", "dim") + Text(new, "green")


def brief(value: Any, skip: int = 0) -> str:
    """Write a JSON value in little space, from behind its first `skip` characters."""
    is_text = isinstance(value, str)
    text = printable(value if is_text else orjson.dumps(value).decode())
    text = f"…{text[skip:]}" if skip else text
    text = text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
    return f"“{text}”" if is_text else text


def brief_pair(old: Any, new: Any) -> tuple[str, str]:
    """Write two values in little space, so that what differs can be seen: long texts from a little before there."""
    skip = 0
    if isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > _WIDEST:
        same = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
        skip = max(0, (min(len(old), len(new)) if same is None else same) - _SHOWN_BEFORE)
    return brief(old, skip), brief(new, skip)


_COLOURS = {"added": "green", "edited": "yellow", "moved": "cyan", "deleted": "red"}

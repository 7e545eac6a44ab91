"""Stream: an archive's bytes, from any one of them on, made of its layout and the snapshot as they are sent."""

from collections.abc import AsyncIterator

from store.errors import Corrupt
from store.files import decode_recipe
from store.record import Kind
from workers.exporting.layout import Layout, Mark, Member, content_id_of, sums
from workers.exporting.lines import csv_row, head_row, json_line, table_content
from workers.exporting.rows import Rows
from workers.exporting.tar import END, header, padding


async def stream(rows: Rows, layout: Layout, start: int, end: int) -> AsyncIterator[bytes]:
    """Yield bytes `start` to `end`, not included. Raises Corrupt where the store no longer gives what was measured."""
    at = 0
    for member, size in layout.parts():
        if at + size > start and at < end:
            async for piece in _member(rows, layout, member, max(start - at, 0), min(end - at, size)):
                yield piece
        at += size
    if at < end:
        yield END[max(start - at, 0) : end - at]


async def _member(rows: Rows, layout: Layout, member: Member, start: int, end: int) -> AsyncIterator[bytes]:
    """Yield part of a member: of its header, its content, its padding."""
    head = header(member.path, member.size_bytes, layout.mtime)
    if start < len(head):
        yield head[start : min(end, len(head))]
    first, last = max(start - len(head), 0), min(end - len(head), member.size_bytes)
    if first < last:
        async for piece in content_of(rows, layout, member, first, last):
            yield piece
    behind = len(head) + member.size_bytes
    if end > behind:
        yield padding(member.size_bytes)[max(start - behind, 0) : end - behind]


async def content_of(rows: Rows, layout: Layout, member: Member, start: int, end: int) -> AsyncIterator[bytes]:
    """Yield part of a member's content, and exactly as much as was asked for."""
    sent = 0
    async for piece in _content(rows, layout, member, start, end):
        sent += len(piece)
        yield piece
    if sent != end - start:
        raise Corrupt(f"an export's {member.source} is not as long as it was when it was measured")


async def _content(rows: Rows, layout: Layout, member: Member, start: int, end: int) -> AsyncIterator[bytes]:
    match member.source:
        case "text":
            yield member.text.encode()[start:end]
        case "sums":
            yield sums(layout.members[:-1])[start:end]
        case "file":
            recipe = decode_recipe(await rows.repository.read(content_id_of(member)))
            async for piece in rows.repository.stream_file(recipe, start, end):
                yield piece
        case _:
            async for piece in _lines(rows, layout, member, start, end):
                yield piece


async def _lines(rows: Rows, layout: Layout, member: Member, start: int, end: int) -> AsyncIterator[bytes]:
    """Yield part of a list of records, from the last mark before the part on."""
    mark = _before(member.marks, start)
    at = mark.offset if mark is not None else 0
    if member.source == "csv" and mark is None:
        head = head_row(member.columns)
        if start < len(head):
            yield head[start:end]
        at = len(head)
    after = mark.after if mark is not None else None
    omitted, kind = set(layout.omitted), Kind(member.kind)
    async for version, content in rows.of(kind, after=after, omitted=omitted):
        if at >= end:
            return
        if content is None:
            raise Corrupt(f"{member.kind} {version.key.external_id} can no longer be read")
        if member.source == "csv":
            line = csv_row(version, table_content(kind, content), member.columns)
        else:
            line = json_line(kind, content)
        if at + len(line) > start:
            yield line[max(start - at, 0) : end - at]
        at += len(line)


def _before(marks: list[Mark], start: int) -> Mark | None:
    found = [mark for mark in marks if mark.offset <= start]
    return found[-1] if found else None

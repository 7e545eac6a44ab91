"""Reports: what became of every record of a restore, as JSON or CSV, by short-lived signed addresses."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import ids
from api.context import Services
from api.downloads import LIFETIME, disposition, plain, refused
from api.ids import InvalidId, Prefix
from api.signing import Forged, Signer
from store import restores
from store.database import Database
from store.errors import KeyMissing
from store.record import AccountId, OperationId
from store.restores import FindingRow, RestorePlan

_PURPOSE = b"restore report"
_AT_ONCE = 1000
_COLUMNS = ("kind", "id", "target_id", "action", "result", "equal", "lost", "wrong", "reason")


class Format(StrEnum):
    """How it is written."""

    JSON = "json"
    CSV = "csv"


class _Report(msgspec.Struct, frozen=True):
    operation_id: UUID
    format: str
    expires: int


def report_path(
    signer: Signer, account_id: AccountId, operation_id: OperationId, format_: Format, now: datetime
) -> str:
    """Write the path of a restore's report, which works for a while."""
    asked = _Report(operation_id=operation_id, format=format_, expires=int((now + LIFETIME).timestamp()))
    signed = signer.sign(_PURPOSE, msgspec.json.encode(asked))
    return f"/reports/{ids.encode(Prefix.ACCOUNT, account_id)}/{signed}/restore.{format_}"


async def serve(request: Request) -> Response:
    """Answer GET. A wrong signature and one too old are refused alike."""
    services: Services = request.app.state.services
    try:
        account_id = AccountId(ids.decode(request.path_params["account"], Prefix.ACCOUNT))
        repository = await services.repository(account_id)
        signed = Signer.of(repository.keys).open(_PURPOSE, request.path_params["signed"])
        asked = msgspec.json.decode(signed, type=_Report)
        format_ = Format(asked.format)
    except (InvalidId, KeyMissing, Forged, msgspec.MsgspecError, ValueError):
        return refused()
    if services.now().timestamp() >= asked.expires:
        return refused()
    async with services.database.account(account_id) as connection:
        plan = await restores.carried_out_by(connection, account_id, OperationId(asked.operation_id))
    if plan is None:
        return plain(404, "There is no such restore.")
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": disposition(f"restore-{asked.operation_id}.{format_}"),
        "x-content-type-options": "nosniff",
    }
    media_type = "application/json" if format_ is Format.JSON else "text/csv; charset=utf-8"
    write = as_json if format_ is Format.JSON else as_csv
    return StreamingResponse(write(services.database, plan), headers=headers, media_type=media_type)


async def as_json(database: Database, plan: RestorePlan) -> AsyncIterator[bytes]:
    """Write one JSON document: the plan's digest and summary, and a list of records."""
    head = orjson.dumps({"digest": plan.digest.hex(), "snapshot": plan.seq, "asked": plan.asked, "plan": plan.summary})
    yield head[:-1] + b',"records":['
    is_first = True
    async for row in _rows(database, plan):
        yield (b"" if is_first else b",\n") + orjson.dumps(_values(row))
        is_first = False
    yield b"]}\n"


async def as_csv(database: Database, plan: RestorePlan) -> AsyncIterator[bytes]:
    """Write one line a record (RFC 4180), with what was lost and what is wrong as JSON in a cell of its own."""
    yield _line(_COLUMNS)
    async for row in _rows(database, plan):
        values = _values(row)
        cells = [orjson.dumps(value).decode() if isinstance(value, dict | list) else value for value in values.values()]
        yield _line(cells)


async def _rows(database: Database, plan: RestorePlan) -> AsyncIterator[FindingRow]:
    after = -1
    while True:
        async with database.account(plan.account_id) as connection:
            rows = await restores.findings(connection, plan.account_id, plan.plan_id, after=after, limit=_AT_ONCE)
        for row in rows:
            yield row
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].ordinal


def _values(row: FindingRow) -> dict[str, object]:
    named = (
        row.kind,
        row.external_id,
        row.target_id,
        row.action,
        row.result,
        row.equal,
        row.lost,
        row.wrong,
        row.reason,
    )
    return dict(zip(_COLUMNS, named, strict=True))


def _line(cells: object) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([_harmless(cell) for cell in cells])  # type: ignore[attr-defined]
    return text.getvalue().encode()


def _harmless(cell: object) -> object:
    """Keep a spreadsheet from taking text for a formula: ids and reasons are strangers' work."""
    if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{cell}"
    return cell

"""`holdfast audit`: proofs for people who do not trust us, and the program that checks them."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from api.cli.exits import CommandError, Exit
from api.cli.look import Look
from api.cli.options import AccountName, AsOf, ConnectionName, JsonFlag
from api.cli.output import add_rows, emit_json, out, table
from api.cli.session import Session, in_session
from store import log, log_entries, prove, verify
from store.log import Log
from store.log_entries import LogEntry
from store.record import ExternalId, PackId, RecordKey
from store.repository import Repository
from store.snapshots import Snapshot

app = typer.Typer(help="Proofs for people who do not trust us, and the program that checks them.", no_args_is_help=True)
proofs = typer.Typer(help="Write a proof, to standard output or a file.", no_args_is_help=True)
app.add_typer(proofs, name="prove")

Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write it here; to standard output when left out.")]
EntryNumber = Annotated[int, typer.Argument(metavar="ENTRY", min=0, help="Its number, from `holdfast audit log`.")]
Make = Callable[[Session, Repository, Snapshot], Awaitable[bytes]]


@app.command()
def key(*, account: AccountName = None, json: JsonFlag = False) -> None:
    """Print the keys that sign the account's log: give them to auditors, apart from the data."""

    async def work(session: Session) -> list[str]:
        async with session.runtime.database.account(session.account_id) as connection:
            return await log.vkeys(connection, session.account_id)

    found = in_session(work, account=account)
    if json:
        emit_json({"keys": found})
    for vkey in [] if json else found:
        out.print(vkey, soft_wrap=True, markup=False)


@app.command()
def checkpoint(*, output: Output = None, account: AccountName = None) -> None:
    """Write the log's signed head. Whoever keeps one can tell whether history is rewritten later."""

    async def work(session: Session) -> bytes:
        async with session.runtime.database.account(session.account_id) as connection:
            head = await log.head(connection, session.account_id)
        if head is None or head.checkpoint is None:
            raise CommandError("nothing is signed yet: run `holdfast backup`", Exit.NOT_FOUND)
        return head.checkpoint

    _write(in_session(work, account=account), output)


@app.command()
def rotate(*, account: AccountName = None, json: JsonFlag = False) -> None:
    """Have another key sign the log, beside the ones that do. The log says so before it signs anything."""

    async def work(session: Session) -> str:
        held = Log(await session.repository())
        vkey = await held.rotate()
        await held.publish()
        return vkey

    vkey = in_session(work, account=account)
    if json:
        emit_json({"key": vkey})
    else:
        out.print(vkey, soft_wrap=True, markup=False)


@app.command()
def retire(
    vkey: Annotated[str, typer.Argument(metavar="VKEY", help="The key, as `holdfast audit key` prints it.")],
    *,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Let a key sign no more, a while after another one began to: auditors have to know that one by then."""

    async def work(session: Session) -> None:
        held = Log(await session.repository())
        await held.retire(vkey)
        await held.publish()

    in_session(work, account=account)
    if json:
        emit_json({"retired": vkey})
    else:
        out.print("It signs no more; the log says so.")


@app.command("log")
def log_(
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many, the newest.")] = 50,
    account: AccountName = None,
    json: JsonFlag = False,
) -> None:
    """Show what the log says: snapshots, what was given up or erased, holds, keys."""

    async def work(session: Session) -> list[LogEntry]:
        async with session.runtime.database.account(session.account_id) as connection:
            return await log_entries.page(connection, session.account_id, beyond=None, backwards=True, limit=limit)

    found = list(reversed(in_session(work, account=account)))
    if json:
        emit_json({"entries": [{"number": each.number, "entry": each.said} for each in found]})
        return
    rows = [(each.number, each.at, log_entries.in_words(each.said)) for each in found]
    out.print(add_rows(table("entry", "when", "what"), rows))


@app.command()
def verifier(*, output: Output = None) -> None:
    """Write the auditor's program: one file that needs Python and `cryptography`, and nothing of Holdfast."""
    _write(Path(verify.__file__).read_bytes(), output)


@app.command(
    "verify",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def verify_(context: typer.Context) -> None:
    """Check a proof, a log or a copy of a bucket: the auditor's program. `--help` says how."""
    raise typer.Exit(verify.main(context.args))


@proofs.command()
def snapshot(
    *, connection: ConnectionName = None, as_of: AsOf = None, output: Output = None, account: AccountName = None
) -> None:
    """Prove that a snapshot is in the log (a .tlog-proof)."""

    async def make(session: Session, repository: Repository, found: Snapshot) -> bytes:
        async with repository.database.account(session.account_id) as opened:
            proof = await log.snapshot_proof(opened, session.account_id, found.snapshot_id)
        if proof is None:
            raise CommandError(f"no checkpoint covers snapshot {found.seq} yet", Exit.NOT_FOUND)
        return proof.encode()

    _prove(make, connection, as_of, output, account)


@proofs.command()
def entry(*, number: EntryNumber, output: Output = None, account: AccountName = None) -> None:
    """Prove that an entry is in the log, whatever it says (a .tlog-proof)."""

    async def work(session: Session) -> bytes:
        async with session.runtime.database.account(session.account_id) as connection:
            proof = await log.entry_proof(connection, session.account_id, number)
        if proof is None:
            raise CommandError(f"no checkpoint covers entry {number} yet", Exit.NOT_FOUND)
        return proof.encode()

    _write(in_session(work, account=account), output)


@proofs.command()
def receipt(*, number: EntryNumber, output: Output = None, account: AccountName = None) -> None:
    """Disclose who placed or lifted a hold, or erased something, and why."""

    async def work(session: Session) -> bytes:
        proof = await prove.prove_receipt(await session.repository(), number)
        if proof is None:
            message = f"entry {number} is of no hold and no erasure of records, or no checkpoint covers it yet"
            raise CommandError(message, Exit.NOT_FOUND)
        return proof

    _write(in_session(work, account=account), output)


@proofs.command()
def manifest(
    *, connection: ConnectionName = None, as_of: AsOf = None, output: Output = None, account: AccountName = None
) -> None:
    """Disclose a snapshot's manifest: what was captured, and what was not."""
    _prove(lambda _, repository, found: prove.prove_statement(repository, found), connection, as_of, output, account)


@proofs.command()
def record(
    selector: Annotated[str, typer.Argument(metavar="RECORD", help="Its id, or kind:id.")],
    *,
    connection: ConnectionName = None,
    as_of: AsOf = None,
    output: Output = None,
    account: AccountName = None,
) -> None:
    """Disclose one record whole, and nothing else."""

    async def make(session: Session, repository: Repository, found: Snapshot) -> bytes:
        look = Look(session=session, connected=await session.connection(connection))
        return await prove.prove_record(repository, found, (await look.as_of(selector, found.seq)).key)

    _prove(make, connection, as_of, output, account)


@proofs.command()
def absence(
    workspace: Annotated[str, typer.Argument(help="The workspace's id or name.")],
    kind: Annotated[str, typer.Argument(help="A kind of the app.")],
    external_id: Annotated[str, typer.Argument(metavar="ID", help="The app's id of the record.")],
    *,
    connection: ConnectionName = None,
    as_of: AsOf = None,
    output: Output = None,
    account: AccountName = None,
) -> None:
    """Prove that a record was not there. Tells where its two neighbours stand, and nothing of what they say."""

    async def make(session: Session, repository: Repository, found: Snapshot) -> bytes:
        look = Look(session=session, connected=await session.connection(connection))
        place = RecordKey(
            workspace_id=await look.workspace(workspace), kind=look.kind(kind), external_id=ExternalId(external_id)
        )
        return await prove.prove_absence(repository, found, place)

    _prove(make, connection, as_of, output, account)


@proofs.command()
def pack(
    pack_id: Annotated[str, typer.Argument(metavar="PACK", help="Its name in the bucket: 64 hexadecimal digits.")],
    *,
    connection: ConnectionName = None,
    as_of: AsOf = None,
    output: Output = None,
    account: AccountName = None,
) -> None:
    """Prove that a snapshot needs a pack, whose bytes can then be checked."""
    try:
        wanted = PackId(bytes.fromhex(pack_id))
    except ValueError:
        raise CommandError(f"{pack_id!r} is not a pack's name", Exit.USAGE) from None
    _prove(lambda _, repository, found: prove.prove_pack(repository, found, wanted), connection, as_of, output, account)


@proofs.command()
def growth(
    old: Annotated[int, typer.Argument(help="How many entries the older checkpoint covers.")],
    new: Annotated[int, typer.Argument(help="How many entries the newer one covers.")],
    *,
    output: Output = None,
    account: AccountName = None,
) -> None:
    """Prove that between two checkpoints the log only grew."""

    async def work(session: Session) -> bytes:
        return await prove.prove_growth(await session.repository(), old, new)

    _write(in_session(work, account=account), output)


@proofs.command()
def records(
    *, connection: ConnectionName = None, as_of: AsOf = None, output: Output = None, account: AccountName = None
) -> None:
    """Disclose every record of a snapshot with its salt, one a line: all there is to see, so mind to whom."""

    async def work(session: Session) -> None:
        found = await session.snapshot(await session.connection(connection), as_of)
        repository = await session.repository()
        opened = output.open("wb") if output else None
        try:
            async for lines in prove.disclose_records(repository, found):
                (opened or sys.stdout.buffer).write(lines)
        finally:
            if opened is not None:
                opened.close()

    in_session(work, account=account)


def _prove(make: Make, connection: str | None, as_of: str | None, output: Path | None, account: str | None) -> None:
    async def work(session: Session) -> bytes:
        found = await session.snapshot(await session.connection(connection), as_of)
        return await make(session, await session.repository(), found)

    _write(in_session(work, account=account), output)


def _write(data: bytes, output: Path | None) -> None:
    """To the byte: a proof with a line end too many is another one."""
    if output is None:
        sys.stdout.write(data.decode())
        sys.stdout.flush()
    else:
        output.write_bytes(data)

"""Log: what happened to an account's backups, under a signed head that outsiders can check."""

from datetime import datetime
from typing import Annotated, Self

import strawberry

from api import lists
from api.arguments import After, Before, First, Last, Slice
from api.auth import Scope, Scoped
from api.context import Info
from api.page import Connection as Page
from api.scalars import JSON, BigInt
from store import log, log_entries, prove
from store.database import Connection
from store.record import AccountId

Lazy = strawberry.lazy


@strawberry.type(description="One thing that happened, as the log says it. It names nobody and nothing of the app's.")
class LogEntry:
    """A `store.log_entries.LogEntry`."""

    row: strawberry.Private[log_entries.LogEntry]
    number: BigInt = strawberry.field(description="Its place in the log; the first is 0.")
    kind: str = strawberry.field(description="`snapshot`, `expiry`, `erasure`, `hold` … as `docs/audit.md` lists them.")
    summary: str = strawberry.field(description="What it says, in a line for people.")
    text: JSON = strawberry.field(description="The entry itself. Its canonical bytes are what was hashed.")

    @classmethod
    def of(cls, row: log_entries.LogEntry) -> Self:
        """Show an entry."""
        return cls(
            row=row,
            number=BigInt(row.number),
            kind=row.kind,
            summary=log_entries.in_words(row.said),
            text=JSON(row.text),
        )

    @strawberry.field(description="When, by the word of whoever signed it.")
    def at(self) -> datetime:
        """From the entry."""
        return self.row.at

    @strawberry.field(
        description="The snapshot that it is about; null: about none, or one that was given up.",
        extensions=[Scoped(Scope.SNAPSHOT_READ)],
    )
    async def snapshot(self, info: Info) -> Annotated["Snapshot", Lazy("api.types.snapshot")] | None:  # type: ignore[name-defined]  # noqa: F821
        """Gathered with other lookups of the same request."""
        from api.types.snapshot import Snapshot  # noqa: PLC0415 - it is a large module that needs pages

        if self.row.snapshot_id is None:
            return None
        row = await info.context.loaders.snapshot.load(self.row.snapshot_id)
        return Snapshot.of(row) if row else None

    @strawberry.field(
        description="Proof that it is in the log: a C2SP tlog-proof that carries it. Null until a checkpoint covers it."
    )
    async def proof(self, info: Info) -> str | None:
        """Under the newest checkpoint."""
        async with info.context.session() as connection:
            found = await log.entry_proof(connection, info.context.account_id, self.row.number)
        return found.encode().decode() if found else None

    @strawberry.field(
        description=(
            "Of a hold or an erasure: who did it and why, with proof that the entry committed to that. Null for every "
            "other kind, and until a checkpoint covers it."
        )
    )
    async def receipt(self, info: Info) -> str | None:
        """Discloses one statement."""
        repository = await info.context.repository()
        found = await prove.prove_receipt(repository, self.row.number)
        return None if found is None else found.decode()


@strawberry.type(
    description=(
        "What happened to the account's backups, append-only: snapshots, expiries, erasures, restores, holds, changed "
        "keys. Its head is signed. `store/verify.py`, one file that needs nothing of Holdfast, checks everything here."
    )
)
class Log:
    """A `store.log.Head`."""

    origin: str = strawberry.field(description="Its name, which is its keys' name.")
    size: BigInt = strawberry.field(description="How many entries it has.")
    signed_size: BigInt = strawberry.field(description="How many of them the checkpoint covers.")
    checkpoint: str | None = strawberry.field(
        description=(
            "The signed head, a C2SP checkpoint. Keep every one that you are given, apart from the bucket: two that "
            "contradict each other are evidence. Null before anything was signed."
        )
    )
    verification_keys: list[str] = strawberry.field(
        description="The keys that ever signed it, oldest first: C2SP vkeys. An auditor gets them some other way too."
    )

    @classmethod
    async def of(cls, connection: Connection, account_id: AccountId) -> Self | None:
        """Show a log; None before its first entry."""
        head = await log.head(connection, account_id)
        if head is None:
            return None
        return cls(
            origin=head.origin,
            size=BigInt(head.size),
            signed_size=BigInt(head.signed_size),
            checkpoint=head.checkpoint.decode() if head.checkpoint else None,
            verification_keys=await log.vkeys(connection, account_id),
        )

    @strawberry.field(description="What it says, oldest first: ask for the `last` ones to see what is new.")
    async def entries(
        self, info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Page[LogEntry]:
        """One page."""
        asked = Slice(first=first, after=after, last=last, before=before)
        return await lists.list_log_entries(info, asked, LogEntry.of, count=int(self.size))

    @strawberry.field(
        description="Proof that the log of `new` entries begins with that of `old`: nothing before was rewritten."
    )
    async def growth(
        self,
        info: Info,
        *,
        old: Annotated[BigInt, strawberry.argument(description="How many entries the older checkpoint covers.")],
        new: Annotated[BigInt, strawberry.argument(description="How many entries the newer checkpoint covers.")],
    ) -> str:
        """For `verify grew`."""
        return (await prove.prove_growth(await info.context.repository(), old, new)).decode()

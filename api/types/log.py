"""Log: what happened to an account's backups, under a signed head that outsiders can check."""

from typing import Annotated, Self

import strawberry

from api.context import Info
from api.scalars import BigInt
from store import log, prove
from store.database import Connection
from store.record import AccountId


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

"""Subscriptions: an operation as it goes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from api import ids
from api.auth import Scope, Scoped, recognise
from api.context import Context, Info
from api.errors import not_found
from api.types.operation import Operation, operation_of
from store import operations
from store.errors import NotFound
from store.record import OperationId

LOOK_AGAIN_SECONDS = 5.0
"""How long to wait for a hint before reading the row anyway."""
SHORTEST_SECONDS = 0.1
"""At most ten states a second: a quick backup would send hundreds."""


@strawberry.type(description="What can be followed, over Server-Sent Events or the graphql-transport-ws protocol.")
class Subscription:
    """One field so far."""

    @strawberry.subscription(
        description=(
            "An operation: its present state at once, then every change until it ends. Whoever lost the line follows "
            "again and has missed nothing that matters."
        ),
        extensions=[Scoped(Scope.OPERATION_READ)],
    )
    async def operation_updated(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The operation's id.")],  # noqa: A002 - the argument's name
    ) -> AsyncIterator[Operation]:
        """Read the row, send it if it changed, wait for a hint."""
        context = info.context
        token_sha256 = context.require(Scope.OPERATION_READ).token_sha256
        try:
            operation_id = OperationId(ids.decode(id, ids.Prefix.OPERATION))
        except ids.InvalidId:
            raise not_found("operation") from None
        async with context.services.feed.follow(operation_id) as changed:
            sent = None
            while True:
                changed.clear()
                row = await _read(context, operation_id)
                if row.updated_at != sent:
                    sent = row.updated_at
                    yield operation_of(row)
                if row.status.is_final:
                    return
                await asyncio.sleep(SHORTEST_SECONDS)
                try:
                    async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                        await changed.wait()
                except TimeoutError:
                    pass
                # A token that was revoked, or whose member may less now, hears no more.
                context.viewer = await recognise(context.services.database, token_sha256)
                context.require(Scope.OPERATION_READ)
                context.forget()


async def _read(context: Context, operation_id: OperationId) -> operations.Operation:
    async with context.session() as connection:
        try:
            return await operations.get(connection, context.account_id, operation_id)
        except NotFound:
            raise not_found("operation") from None

"""Mutations of destinations, and of what is on its way to them."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from api import ids
from api.auth import Scope, Scoped
from api.context import Info
from api.ids import InvalidId, Prefix
from api.mutations.destination_types import (
    DeliverySendAgainErrorCode,
    DeliverySendAgainInput,
    DeliverySendAgainPayload,
    DeliverySendAgainUserError,
    DestinationCreateErrorCode,
    DestinationCreateInput,
    DestinationCreatePayload,
    DestinationCreateUserError,
    DestinationRemoveErrorCode,
    DestinationRemoveInput,
    DestinationRemovePayload,
    DestinationRemoveUserError,
    DestinationTestErrorCode,
    DestinationTestInput,
    DestinationTestPayload,
    DestinationTestUserError,
    DestinationUpdateErrorCode,
    DestinationUpdateInput,
    DestinationUpdatePayload,
    DestinationUpdateUserError,
)
from api.types.event import Delivery, Destination, stored
from store import deliveries, destinations
from store.deliveries import DeliveryId
from store.destinations import Channel, DestinationId
from store.errors import Invalid, NotFound
from workers import telling
from workers.telling import TooMany


@strawberry.type
class DestinationMutations:
    """Part of `Mutation`."""

    @strawberry.mutation(
        description="Tell somebody what happens, by mail or webhook.", extensions=[Scoped(Scope.DESTINATION_WRITE)]
    )
    async def destination_create(
        self,
        info: Info,
        input: Annotated[DestinationCreateInput, strawberry.argument(description="The destination to add.")],  # noqa: A002 - GraphQL's convention
    ) -> DestinationCreatePayload:
        """Check, then keep."""
        services, is_mail = info.context.services, bool(input.to.email)
        to = (input.to.email if is_mail else input.to.webhook) or ""
        part = "email" if is_mail else "webhook"
        if is_mail and not services.sends_mail:
            return _not_created(part, DestinationCreateErrorCode.NO_MAIL_SERVER, "This Holdfast has no mail server.")
        keys = await info.context.keys()
        kinds = None if input.kinds is None else [stored(kind) for kind in input.kinds]
        async with info.context.session() as connection:
            try:
                row, secret = await telling.add(
                    connection,
                    keys,
                    info.context.account_id,
                    to,
                    channel=Channel.EMAIL if is_mail else Channel.WEBHOOK,
                    kinds=kinds,
                    allow_private=services.allow_private,
                )
            except TooMany:
                message = f"An account has at most {telling.MOST} destinations."
                return _not_created(part, DestinationCreateErrorCode.TOO_MANY, message)
            except Invalid as error:
                return _not_created(part, DestinationCreateErrorCode.INVALID_ADDRESS, _sentence(str(error)))
        return DestinationCreatePayload(destination=Destination.of(row, keys), secret=secret)

    @strawberry.mutation(
        description="Change what a destination gets, pause it, or give a webhook a new secret.",
        extensions=[Scoped(Scope.DESTINATION_WRITE)],
    )
    async def destination_update(
        self,
        info: Info,
        input: Annotated[DestinationUpdateInput, strawberry.argument(description="What to change.")],  # noqa: A002 - GraphQL's convention
    ) -> DestinationUpdatePayload:
        """All of it, or nothing."""
        code, secret = DestinationUpdateErrorCode, None
        keys = await info.context.keys()
        async with info.context.session() as connection:
            try:
                row = await destinations.get(connection, info.context.account_id, _destination_id(input.id))
            except InvalidId:
                return _not_updated("id", code.INVALID_ID, "That is not the id of a destination.")
            except NotFound:
                return _not_updated("id", code.DESTINATION_NOT_FOUND, "There is no such destination.")
            if input.new_secret and row.channel is not Channel.WEBHOOK:
                return _not_updated("newSecret", code.NOT_SIGNED, "Only webhooks have a secret.")
            kinds: Sequence[str] | None = row.kinds
            if input.kinds is not strawberry.UNSET:
                kinds = None if input.kinds is None else [stored(kind) for kind in input.kinds]
            row = await destinations.update(
                connection,
                row.account_id,
                row.destination_id,
                kinds=kinds,
                is_paused=row.is_paused if input.is_paused is None else input.is_paused,
            )
            if input.new_secret:
                row, secret = await destinations.replace_secret(connection, keys, row, info.context.services.now())
        return DestinationUpdatePayload(destination=Destination.of(row, keys), secret=secret)

    @strawberry.mutation(
        description="Tell one destination no more. What is on its way there is forgotten.",
        extensions=[Scoped(Scope.DESTINATION_WRITE)],
    )
    async def destination_remove(
        self,
        info: Info,
        input: Annotated[DestinationRemoveInput, strawberry.argument(description="The destination to remove.")],  # noqa: A002 - GraphQL's convention
    ) -> DestinationRemovePayload:
        """With its deliveries."""
        code = DestinationRemoveErrorCode
        async with info.context.session() as connection:
            try:
                await destinations.remove(connection, info.context.account_id, _destination_id(input.id))
            except InvalidId:
                return _not_removed(code.INVALID_ID, "That is not the id of a destination.")
            except NotFound:
                return _not_removed(code.DESTINATION_NOT_FOUND, "There is no such destination.")
        return DestinationRemovePayload(removed_id=input.id)

    @strawberry.mutation(
        description="Send a destination an event of the kind `TEST`, at once.",
        extensions=[Scoped(Scope.DESTINATION_WRITE)],
    )
    async def destination_test(
        self,
        info: Info,
        input: Annotated[DestinationTestInput, strawberry.argument(description="The destination to try.")],  # noqa: A002 - GraphQL's convention
    ) -> DestinationTestPayload:
        """A worker sends it."""
        code = DestinationTestErrorCode
        async with info.context.session() as connection:
            try:
                row = await destinations.get(connection, info.context.account_id, _destination_id(input.id))
            except InvalidId:
                return _not_tested(code.INVALID_ID, "That is not the id of a destination.")
            except NotFound:
                return _not_tested(code.DESTINATION_NOT_FOUND, "There is no such destination.")
            return DestinationTestPayload(delivery=Delivery.of(await telling.test(connection, row)))

    @strawberry.mutation(
        description="Send an event to a destination once more, whatever became of it.",
        extensions=[Scoped(Scope.DESTINATION_WRITE)],
    )
    async def delivery_send_again(
        self,
        info: Info,
        input: Annotated[DeliverySendAgainInput, strawberry.argument(description="The delivery to repeat.")],  # noqa: A002 - GraphQL's convention
    ) -> DeliverySendAgainPayload:
        """A worker sends it."""
        code = DeliverySendAgainErrorCode
        async with info.context.session() as connection:
            try:
                delivery_id = DeliveryId(ids.decode(input.id, Prefix.DELIVERY))
                row = await deliveries.send_again(connection, info.context.account_id, delivery_id)
            except InvalidId:
                return _not_sent(code.INVALID_ID, "That is not the id of a delivery.")
            except NotFound:
                return _not_sent(code.DELIVERY_NOT_FOUND, "There is no such delivery.")
        return DeliverySendAgainPayload(delivery=Delivery.of(row))


def _destination_id(text: str) -> DestinationId:
    return DestinationId(ids.decode(text, Prefix.DESTINATION))


def _sentence(message: str) -> str:
    return f"{message[0].upper()}{message[1:]}."


def _not_created(part: str, code: DestinationCreateErrorCode, message: str) -> DestinationCreatePayload:
    error = DestinationCreateUserError(field=["input", "to", part], message=message, code=code)
    return DestinationCreatePayload(user_errors=[error])


def _not_updated(field: str, code: DestinationUpdateErrorCode, message: str) -> DestinationUpdatePayload:
    error = DestinationUpdateUserError(field=["input", field], message=message, code=code)
    return DestinationUpdatePayload(user_errors=[error])


def _not_removed(code: DestinationRemoveErrorCode, message: str) -> DestinationRemovePayload:
    error = DestinationRemoveUserError(field=["input", "id"], message=message, code=code)
    return DestinationRemovePayload(user_errors=[error])


def _not_tested(code: DestinationTestErrorCode, message: str) -> DestinationTestPayload:
    error = DestinationTestUserError(field=["input", "id"], message=message, code=code)
    return DestinationTestPayload(user_errors=[error])


def _not_sent(code: DeliverySendAgainErrorCode, message: str) -> DeliverySendAgainPayload:
    error = DeliverySendAgainUserError(field=["input", "id"], message=message, code=code)
    return DeliverySendAgainPayload(user_errors=[error])

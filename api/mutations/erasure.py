"""Mutations that erase."""

from dataclasses import asdict
from enum import Enum
from typing import Annotated

import strawberry

from api import ids
from api.auth import Scope, Scoped
from api.context import Info
from api.scalars import BigInt
from api.types.operation import ErasureOperation, erasure_of
from api.types.user_error import UserError
from store import accounts, erase_account, holds, idempotency, keeping, operations
from store.erasures import Chosen, Request
from store.errors import Conflict, Held, Invalid, NotFound
from workers.queue import start_account_erasure, start_record_erasure

_KEY_LENGTH = 200
_MUTATION = "accountErase"


@strawberry.input(description="The account to erase: the one of the token.")
class AccountEraseInput:
    """Said twice, because it cannot be taken back."""

    name: str = strawberry.field(description="The account's name, to the letter: so that it is the one that is meant.")
    reason: str = strawberry.field(description="Why: 1 to 2,000 characters. Only the receipt tells it.")
    dry_run: bool = strawberry.field(default=False, description="Only say what would be erased.")
    idempotency_key: str = strawberry.field(
        description="Your name for this request, 1 to 200 characters: sent again, it gives the same operation."
    )


@strawberry.enum(description="What can be wrong with `accountErase`.")
class AccountEraseErrorCode(Enum):
    """Closed."""

    WRONG_NAME = strawberry.enum_value("WRONG_NAME", description="That is not the account's name.")
    INVALID_REASON = strawberry.enum_value("INVALID_REASON", description="The reason is empty or too long.")
    HELD = strawberry.enum_value("HELD", description="A legal hold lies on the account or a connection of it.")
    INVALID_KEY = strawberry.enum_value("INVALID_KEY", description="The idempotency key is empty or too long.")
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED", description="The key was used within a day, with other input."
    )


@strawberry.type(description="What is wrong with the input of `accountErase`.")
class AccountEraseUserError(UserError):
    """See the code."""

    code: AccountEraseErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What an account holds, and an erasure destroys.")
class AccountContents:
    """A `store.erase_account.Counts`."""

    connections: int = strawberry.field(description="How many connections.")
    snapshots: BigInt = strawberry.field(description="How many snapshots.")
    packs: BigInt = strawberry.field(description="How many packs.")
    stored_bytes: BigInt = strawberry.field(description="How many bytes lie in them.")


@strawberry.type(description="What `accountErase` did.")
class AccountErasePayload:
    """The operation, or errors."""

    contents: AccountContents | None = strawberry.field(default=None, description="What is, or would be, erased.")
    operation: ErasureOperation | None = strawberry.field(
        default=None,
        description="The erasure that was started; null for a dry run. The account's tokens end before it does.",
    )
    user_errors: list[AccountEraseUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.input(description="What to erase.")
class RecordsEraseInput:
    """Records, words, or both."""

    records: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Records to erase in all their versions: at most 1,000 ids."
    )
    with_children: bool = strawberry.field(
        default=False, description="Also all that ever belonged to them: comments, files, checklists."
    )
    mentioning: str | None = strawberry.field(
        default=None,
        description=(
            "Also every version, of whatever record, whose content holds these words, in any case of letters: an "
            "address, a name, an id. Files are not looked into."
        ),
    )
    reason: str = strawberry.field(description="Why: 1 to 2,000 characters. Kept sealed; the log commits to it.")
    dry_run: bool = strawberry.field(default=False, description="Only look what would be erased.")
    idempotency_key: str = strawberry.field(
        description=(
            "Your name for this request, 1 to 200 characters: sent again within a day, it gives the same operation "
            "instead of starting another."
        )
    )


@strawberry.enum(description="What can be wrong with `recordsErase`.")
class RecordsEraseErrorCode(Enum):
    """Closed."""

    INVALID_ID = strawberry.enum_value("INVALID_ID", description="One of these is not the id of a record.")
    RECORD_NOT_FOUND = strawberry.enum_value("RECORD_NOT_FOUND", description="One of these records is not held.")
    INVALID_REQUEST = strawberry.enum_value(
        "INVALID_REQUEST", description="It names nothing, too many records, or no good reason."
    )
    HELD = strawberry.enum_value("HELD", description="A legal hold lies on the account or a connection of it.")
    INVALID_KEY = strawberry.enum_value("INVALID_KEY", description="The idempotency key is empty or too long.")
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED", description="The key was used within a day, with other input."
    )


@strawberry.type(description="What is wrong with the input of `recordsErase`.")
class RecordsEraseUserError(UserError):
    """See the code."""

    code: RecordsEraseErrorCode = strawberry.field(description="What is wrong, for programs.")


@strawberry.type(description="What `recordsErase` did.")
class RecordsErasePayload:
    """The operation, or errors."""

    operation: ErasureOperation | None = strawberry.field(default=None, description="The erasure that was started.")
    user_errors: list[RecordsEraseUserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; empty when it was done."
    )


@strawberry.type
class ErasureMutations:
    """Part of `Mutation`."""

    @strawberry.mutation(
        description=(
            "Erase the account: its keys are destroyed, then all that it stored, then every row of it. Nobody can take "
            "that back. Its log stays, says so, and can be checked for ever."
        ),
        extensions=[Scoped(Scope.ERASURE_START)],
    )
    async def account_erase(
        self,
        info: Info,
        input: Annotated[AccountEraseInput, strawberry.argument(description="The account to erase.")],  # noqa: A002 - GraphQL's convention
    ) -> AccountErasePayload:
        """Check each part, then write the operation and the key in one transaction; wake a worker after it."""
        try:
            payload = await _erase(info, input)
        except Invalid as error:
            return _refused("reason", AccountEraseErrorCode.INVALID_REASON, f"{error}.")
        except Held as error:
            return _refused(None, AccountEraseErrorCode.HELD, f"{error}.")
        except Conflict:
            message = "This key was used with other input."
            return _refused("idempotencyKey", AccountEraseErrorCode.IDEMPOTENCY_KEY_REUSED, message)
        if payload.operation is not None:
            await info.context.services.wake(payload.operation.row.operation_id)
        return payload

    @strawberry.mutation(
        description=(
            "Erase the content of chosen records, in every version, from everything that is stored. Their places and "
            "times stay, so that what was proven stays proven. What the app still has is not stored again, as long as "
            "it is the same; the copy in Google Drive, if there is one, is yours to erase."
        ),
        extensions=[Scoped(Scope.ERASURE_START)],
    )
    async def records_erase(
        self,
        info: Info,
        input: Annotated[RecordsEraseInput, strawberry.argument(description="What to erase.")],  # noqa: A002 - GraphQL's convention
    ) -> RecordsErasePayload:
        """Check each part, then write the operation and the key in one transaction; wake a worker after it."""
        try:
            payload = await _erase_records(info, input)
        except ids.InvalidId:
            return _not_erased("records", RecordsEraseErrorCode.INVALID_ID, "One of these is not a record's id.")
        except NotFound:
            return _not_erased("records", RecordsEraseErrorCode.RECORD_NOT_FOUND, "One of these records is not held.")
        except Invalid as error:
            return _not_erased(None, RecordsEraseErrorCode.INVALID_REQUEST, f"{error}.")
        except Held as error:
            return _not_erased(None, RecordsEraseErrorCode.HELD, f"{error}.")
        except Conflict:
            message = "This key was used with other input."
            return _not_erased("idempotencyKey", RecordsEraseErrorCode.IDEMPOTENCY_KEY_REUSED, message)
        if payload.operation is not None:
            await info.context.services.wake(payload.operation.row.operation_id)
        return payload


async def _erase_records(info: Info, given: RecordsEraseInput) -> RecordsErasePayload:
    viewer = info.context.require(Scope.ERASURE_START)
    if not 1 <= len(given.idempotency_key) <= _KEY_LENGTH:
        return _not_erased("idempotencyKey", RecordsEraseErrorCode.INVALID_KEY, "A key has 1 to 200 characters.")
    refs = [ids.decode_record(text) for text in given.records]
    request = Request(
        records=[Chosen(ref.connection_id, ref.kind, ref.external_id) for ref in refs],
        with_children=given.with_children,
        mentioning=given.mentioning,
        reason=given.reason,
        by=str(viewer.member_id),
    )
    keys = await info.context.keys()
    named = (viewer.account_id, "recordsErase", given.idempotency_key)
    variables = [sorted(given.records), given.with_children, given.mentioning, given.reason, given.dry_run]
    async with info.context.session() as connection:
        answered = await idempotency.claim(connection, *named, variables)
        if answered is not None and answered.operation_id is not None:
            row = await operations.get(connection, viewer.account_id, answered.operation_id)
        else:
            row = await start_record_erasure(
                connection, keys, request, dry_run=given.dry_run, created_by=viewer.member_id
            )
            await idempotency.settle(connection, *named, operation_id=row.operation_id)
    return RecordsErasePayload(operation=erasure_of(row))


def _not_erased(field: str | None, code: RecordsEraseErrorCode, message: str) -> RecordsErasePayload:
    where = None if field is None else ["input", field]
    return RecordsErasePayload(user_errors=[RecordsEraseUserError(field=where, message=message, code=code)])


async def _erase(info: Info, given: AccountEraseInput) -> AccountErasePayload:
    viewer = info.context.require(Scope.ERASURE_START)
    reason = holds.valid_reason(given.reason)
    if not 1 <= len(given.idempotency_key) <= _KEY_LENGTH:
        return _refused("idempotencyKey", AccountEraseErrorCode.INVALID_KEY, "A key has 1 to 200 characters.")
    async with info.context.session() as connection:
        if (await accounts.get(connection, viewer.account_id)).name != given.name:
            return _refused("name", AccountEraseErrorCode.WRONG_NAME, "That is not the account's name.")
        counts = asdict(await erase_account.count(connection, viewer.account_id))
        contents = AccountContents(
            connections=counts.pop("connections"), **{name: BigInt(value) for name, value in counts.items()}
        )
        if given.dry_run:
            await keeping.still_taking(connection, viewer.account_id)
            return AccountErasePayload(contents=contents)
        named = (viewer.account_id, _MUTATION, given.idempotency_key)
        answered = await idempotency.claim(connection, *named, [given.name, reason])
        if answered is not None and answered.operation_id is not None:
            row = await operations.get(connection, viewer.account_id, answered.operation_id)
        else:
            row = await start_account_erasure(
                connection,
                account_id=viewer.account_id,
                reason=reason,
                by=str(viewer.member_id),
                created_by=viewer.member_id,
            )
            await idempotency.settle(connection, *named, operation_id=row.operation_id)
    return AccountErasePayload(contents=contents, operation=erasure_of(row))


def _refused(field: str | None, code: AccountEraseErrorCode, message: str) -> AccountErasePayload:
    where = None if field is None else ["input", field]
    return AccountErasePayload(user_errors=[AccountEraseUserError(field=where, message=message, code=code)])

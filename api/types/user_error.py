"""User error: what somebody can put right, said in a mutation's payload."""

import strawberry


@strawberry.interface(description="What is wrong with a mutation's input, and where. Nothing was changed.")
class UserError:
    """Each mutation has its own, with its own codes."""

    field: list[str] | None = strawberry.field(
        description="The way to the part of the input that is meant; null: no single part."
    )
    message: str = strawberry.field(description="What is wrong, for people.")

"""Node: everything that has an id."""

import strawberry


@strawberry.interface(description="Anything with an id that `node` and `nodes` understand.")
class Node:
    """Relay's Node."""

    id: strawberry.ID = strawberry.field(
        description="Opaque, and the same for all time: keep it, compare it, and do not take it apart."
    )

"""Teams: made of people."""

from connectors.monday.sandbox.changes import people
from connectors.monday.sandbox.errors import ApiError
from connectors.monday.sandbox.objects import Json, Team
from connectors.monday.sandbox.resolve.table import Context, answers, numbers


@answers("Mutation", "create_team")
def create_team(_: None, context: Context, *, input: Json, options: Json | None = None) -> Team:  # noqa: A002
    """Make a team."""
    ids = numbers(input.get("subscriber_ids")) or []
    if not ids and not (options or {}).get("allow_empty_team"):
        raise ApiError("InvalidArgumentException", "a team needs people")
    return people.create_team(context.world, input["name"], ids, owner_ids=[], guest=bool(input.get("is_guest_team")))

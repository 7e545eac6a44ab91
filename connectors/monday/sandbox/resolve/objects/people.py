"""Fields of people and teams, and of the account."""

from collections.abc import Sequence
from typing import Any

from connectors.monday.sandbox import paging
from connectors.monday.sandbox.objects import Json, Team, User
from connectors.monday.sandbox.resolve.table import Context, answers, numbers
from connectors.monday.sandbox.stamps import stamp


def people(context: Context, ids: Sequence[int]) -> list[User]:
    """Give those of these people who are still there."""
    return [context.world.users[found] for found in ids if found in context.world.users]


def teams(context: Context, ids: Sequence[int]) -> list[Team]:
    """Give those of these teams that are still there."""
    return [context.world.teams[found] for found in ids if found in context.world.teams]


@answers("User", "account")
def user_account(_: User, context: Context) -> Any:
    """The one account."""
    return account(context)


@answers("User", "account_id")
def user_account_id(_: User, context: Context) -> int:
    """Its id."""
    return context.world.account_id


@answers("User", "url")
def user_url(source: User, context: Context) -> str:
    """Where the profile is."""
    return f"https://{context.world.slug}.monday.com/users/{source.id}"


@answers("User", "teams")
def user_teams(source: User, context: Context, *, ids: Any = None) -> list[Team]:
    """The teams that have this person."""
    wanted = numbers(ids)
    found = [team for team in context.world.teams.values() if source.id in team.user_ids]
    return [team for team in found if wanted is None or team.id in wanted]


@answers("Team", "owners")
def team_owners(source: Team, context: Context, *, ids: Any = None) -> list[User]:
    """Those who run it."""
    wanted = numbers(ids)
    return [each for each in people(context, source.owner_ids) if wanted is None or each.id in wanted]


@answers("Team", "users")
def team_users(source: Team, context: Context, *, limit: int | None = None, page: int = 1, **_: Any) -> Sequence[User]:
    """Its people."""
    found = people(context, source.user_ids)
    return found if limit is None else paging.page_of(found, limit, page)


def account(context: Context) -> Json:
    """Give the account."""
    world = context.world
    return {
        "id": world.account_id,
        "name": world.account_name,
        "slug": world.slug,
        "tier": "pro",
        "country_code": "DE",
        "created_at": stamp(world.created_at),
        "active_members_count": len(world.users),
        "first_day_of_the_week": "monday",
        "is_during_trial": False,
        "is_trial_expired": False,
        "logo": None,
        "show_timeline_weekends": True,
        "sign_up_product_kind": "project_management",
        "plan": {"max_users": 20, "period": "yearly", "tier": "pro", "version": 18},
        "products": [{"id": 1_203_344, "kind": "core", "tier": "pro", "default_workspace_id": None}],
    }

"""Spec: monday.com as clients see it before anything is connected."""

from connectors.base import AppSetting, AppSpec, AuthField, AuthMethod
from connectors.monday.kinds import KINDS

TOKEN = "token"  # noqa: S105 - the name of a method, and of its field
OAUTH2 = "oauth2"

SCOPES = (
    "me:read",
    "account:read",
    "users:read",
    "teams:read",
    "workspaces:read",
    "boards:read",
    "updates:read",
    "assets:read",
    "docs:read",
    "tags:read",
    "webhooks:read",
    "webhooks:write",
)
"""What reading needs, and asking to be called."""

WRITE_SCOPES = ("workspaces:write", "boards:write", "updates:write", "docs:write")
"""What a restore needs as well."""

SPEC = AppSpec(
    app="monday",
    title="monday.com",
    kinds=KINDS,
    settings=(
        AppSetting(name="url", default="https://api.monday.com", meaning="monday.com's API", is_url=True),
        AppSetting(
            name="auth_url",
            default="https://auth.monday.com",
            meaning="Where people sign in to monday.com to let your app in",
            is_url=True,
        ),
        AppSetting(name="client_id", meaning="OAuth 2.0 client id of your monday.com app"),
        AppSetting(name="client_secret", meaning="OAuth 2.0 client secret of it", secret=True),
        AppSetting(
            name="signing_secret",
            meaning="Signing secret of your monday.com app: with it, its webhooks are listened to",
            secret=True,
        ),
    ),
    auth_methods=(
        AuthMethod(
            name=TOKEN,
            title="personal API token",
            fields=(
                AuthField(
                    name=TOKEN,
                    title="Token",
                    secret=True,
                    help="Your personal token: your picture, Developers, My access tokens.",
                ),
            ),
            help=(
                "Take the personal token of an administrator: it sees what that person can open, and no private board "
                "of others. It works until it is made anew. Webhooks are listened to with an app of your own only."
            ),
        ),
        AuthMethod(
            name=OAUTH2,
            title="Sign in with monday.com",
            fields=(),
            help="Opens monday.com's page, where you allow Holdfast to read what you can open, and to put it back.",
            is_oauth2=True,
        ),
    ),
    not_reachable=(
        "Private boards, docs and workspaces that the owner of no grant can open are not shown.",
        "Automations, integrations and workflows cannot be made by a request.",
        "What was purged from the trash, or archived before the first backup and forgotten by the log, is gone.",
        "Settings of views that belong to an app are kept by that app.",
        "Sessions of time tracking can be read and not written.",
        "The order of items inside a group is not read; restored, they stand in the order in which they were made.",
        "Emails & Activities are reached in parts only.",
        "Notifications, settings of the account and billing have no API.",
        "The log of a board goes back 10,000 entries, and not for ever: what is older than the first backup is gone.",
        "GraphQL gives what is asked for: a field that monday.com adds is kept from the version on that asks for it.",
    ),
)

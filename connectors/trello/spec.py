"""Spec: Trello as clients see it before anything is connected."""

from connectors.base import AppSetting, AppSpec, AuthField, AuthMethod
from connectors.trello.kinds import KINDS

KEY_TOKEN = "key_token"  # noqa: S105 - the name of a method
OAUTH2 = "oauth2"
SECRET = "secret"  # noqa: S105 - the name of a field

SCOPES = ("read:board:trello", "read:member:trello", "read:organization:trello", "offline_access")
"""What reading needs. `offline_access` gives the refresh token, without which a grant ends after an hour."""

WRITE_SCOPES = ("write:board:trello", "write:organization:trello")
"""What a restore needs as well."""

SPEC = AppSpec(
    app="trello",
    title="Trello",
    kinds=KINDS,
    settings=(
        AppSetting(name="url", default="https://api.trello.com", meaning="Trello's API", is_url=True),
        AppSetting(name="client_id", meaning="OAuth 2.0 client id of your Trello app"),
        AppSetting(name="client_secret", meaning="OAuth 2.0 client secret of it", secret=True),
    ),
    auth_methods=(
        AuthMethod(
            name=KEY_TOKEN,
            title="API key and token",
            fields=(
                AuthField(name="key", title="API key", secret=False, help="The API key of your Power-Up."),
                AuthField(name="token", title="Token", secret=True, help="A token for it."),
                AuthField(
                    name=SECRET,
                    title="API secret",
                    secret=True,
                    required=False,
                    help="The key's API secret: with it, and HOLDFAST_PUBLIC_URL, Trello's webhooks are listened to.",
                ),
            ),
            help=(
                "Make a Power-Up at trello.com/power-ups/admin to get an API key, then open the link to a token beside "
                "it. Give the token read access (and write access, to restore with it) and, for an unattended backup, "
                "no expiry. With the API secret, which stands below the key, Trello's webhooks can be trusted: they "
                "tell of changes that move no date."
            ),
        ),
        AuthMethod(
            name=OAUTH2,
            title="Sign in with Atlassian",
            fields=(),
            help=(
                "Opens Atlassian's page, where you allow Holdfast to read your boards and workspaces, or to restore "
                "them too."
            ),
            is_oauth2=True,
        ),
    ),
    not_reachable=(
        "Butler and other automation rules have no API.",
        "Saved settings of views (Planner, Dashboard) have no API.",
        "Data that a Power-Up keeps privately is shown to that Power-Up's own API key only.",
        "The inbox and planner of a person are reached in parts only.",
        "Notifications and watched items of other people are not shown.",
        "Backgrounds that other people uploaded are links, not files.",
        "Rules for recurring due dates are in an unofficial API only.",
        "How often a board template was used is not shown.",
        "What was deleted before the first backup is gone: Trello has no bin.",
    ),
)

"""Spec: Redmine as clients see it before anything is connected."""

from connectors.base import AppSpec, AuthField, AuthMethod
from connectors.redmine.kinds import KINDS

API_KEY = "api_key"

SPEC = AppSpec(
    app="redmine",
    title="Redmine",
    kinds=KINDS,
    auth_methods=(
        AuthMethod(
            name=API_KEY,
            title="Server and API key",
            fields=(
                AuthField(name="url", title="Address of the server", secret=False, is_address=True),
                AuthField(name="key", title="API access key", secret=True),
            ),
            help=(
                "An administrator switches the REST API on under Administration, Settings, API. Your key is under My "
                "account, on the right. An administrator's key sees every project, person and custom field, and "
                "restores in the names of the authors; any other backs up what its owner sees."
            ),
        ),
    ),
    not_reachable=(
        "Documents and the files attached to them have no API: keep what matters under Files, or in the wiki.",
        "Forums and their messages have no API.",
        "Archived projects are shown to nobody: unarchive one to have it backed up. What was held of it stays.",
        "Repositories and their revisions are kept by their own version control system.",
        "Of saved queries only the names are given, of custom fields, trackers and statuses what a form needs.",
        "Workflows, permissions of anonymous users, settings of the server, plugins and their data have no API.",
        (
            "Edited notes, watchers, comments on news, and renamed or deleted attachments of news and wiki pages are "
            "listed nowhere: they are found when what they belong to changes, or its project has its turn to be read "
            "whole, within seven days. Who edited a note is not told."
        ),
        "Which wiki pages are protected, redirects of renamed pages, and who watches a page or a forum are not given.",
        "Comments on news have no dates.",
        "A renamed wiki page looks like a new page beside a deleted one: pages have no ids.",
        "Passwords, two-factor secrets and other people's API keys are not read.",
    ),
)

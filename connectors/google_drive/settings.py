"""Settings: where Google answers, and who Holdfast is there."""

from dataclasses import dataclass, field

from connectors.google_drive.pace import Paces
from connectors.http import HttpSettings
from connectors.oauth import OAuthApp

APP = "google_drive"
SCOPE = "https://www.googleapis.com/auth/drive.file"
"""Only the files that Holdfast itself makes: it sees nothing else of a person's Drive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveSettings:
    """Holdfast as a client of Google's. Addresses are without a slash at the end."""

    client_id: str
    client_secret: str = field(repr=False)
    api_url: str = "https://www.googleapis.com"
    upload_url: str = "https://www.googleapis.com/upload"
    sheets_url: str = "https://sheets.googleapis.com"
    authorize_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    http: HttpSettings = field(default_factory=HttpSettings)
    paces: Paces = field(default_factory=Paces)

    @property
    def is_set_up(self) -> bool:
        """Whether this Holdfast has an OAuth client of its own."""
        return bool(self.client_id and self.client_secret)

    @property
    def revoke_url(self) -> str:
        """Where a grant is given back: beside the token endpoint."""
        return self.token_url.rpartition("/")[0] + "/revoke"

    @property
    def oauth(self) -> OAuthApp:
        """The OAuth client. A refresh token comes with offline access and, after the first time, with consent only."""
        return OAuthApp(
            authorize_url=self.authorize_url,
            token_url=self.token_url,
            client_id=self.client_id,
            client_secret=self.client_secret,
            scopes=(SCOPE,),
            extra={"access_type": "offline", "prompt": "consent", "include_granted_scopes": "true"},
            sends_form=True,
        )

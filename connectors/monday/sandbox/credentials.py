"""Credentials: personal tokens, and the tokens that an app gets by OAuth 2.0."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.monday.sandbox.objects import User
from connectors.monday.sandbox.world import World

CODE_LIFE = timedelta(minutes=10)
ACCESS_LIFE = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class Token:
    """What opens the API for one person."""

    secret: str = field(repr=False)
    user_id: int
    is_app: bool = False
    scopes: tuple[str, ...] = ()
    ends: datetime | None = None
    refresh: str | None = field(default=None, repr=False)


@dataclass(slots=True, kw_only=True)
class App:
    """An app that people can let in."""

    client_id: str
    client_secret: str = field(repr=False)
    signing_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    rotates: bool = False
    """Whether its tokens end and are renewed, as OAuth 2.1 has it; older apps' tokens do not end."""


@dataclass(slots=True, kw_only=True)
class Code:
    """What a person came back with."""

    user_id: int
    redirect_uri: str
    scope: str
    challenge: str | None
    ends: datetime


@dataclass(slots=True)
class Credentials:
    """All tokens, codes and the one app."""

    world: World
    app: App
    tokens: dict[str, Token] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)

    def issue(self, user: User, *, is_app: bool = False, scopes: tuple[str, ...] = ()) -> Token:
        """Make a token: a JWT in form, which says nothing."""
        ids = self.world.ids
        made = Token(
            secret=f"eyJhbGciOiJIUzI1NiJ9.{ids.token(60)}.{ids.token(43)}",
            user_id=user.id,
            is_app=is_app,
            scopes=scopes,
        )
        if is_app and self.app.rotates:
            made.ends = self.world.clock.now() + ACCESS_LIFE
            made.refresh = ids.token(48)
        self.tokens[made.secret] = made
        return made

    def find(self, header: str | None) -> Token | None:
        """Find whose token an Authorization header holds, with `Bearer` before it or not."""
        found = self.tokens.get((header or "").removeprefix("Bearer ").strip())
        if found is None or (found.ends is not None and found.ends <= self.world.clock.now()):
            return None
        return found if self.world.users[found.user_id].status != "INACTIVE" else None

    def revoke(self, secret: str) -> None:
        """Make a token useless, as making a new personal one does."""
        self.tokens.pop(secret, None)

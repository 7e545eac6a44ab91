"""Call: one request to the API, read and judged, as a route's function gets it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.credentials import Access
from connectors.trello.sandbox.errors import invalid_id, invalid_value, not_found, unauthorized
from connectors.trello.sandbox.ids import is_object_id
from connectors.trello.sandbox.objects import View
from connectors.trello.sandbox.services import Services
from connectors.trello.sandbox.world import World

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that came in a form."""

    name: str
    content: bytes
    mime_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """An answer that sends the client elsewhere."""

    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: path values by name, parameters of query and body together, and who asks."""

    services: Services
    method: str
    path: Mapping[str, str]
    params: Mapping[str, Any]
    access: Access
    upload: Upload | None = None
    by_header: bool = False
    """Whether the credentials came in the Authorization header."""

    @property
    def world(self) -> World:
        """Give the state."""
        return self.services.world

    @property
    def me(self) -> Json:
        """Give the person who asks."""
        return self.access.member

    @property
    def actor(self) -> Actor:
        """Give who makes the changes of this request."""
        return Actor(member=self.me, app_id=self.access.app.app_id)

    @property
    def view(self) -> View:
        """Serve objects to the person who asks."""
        return View(self.world, self.me)

    def board(self, name: str = "board") -> Json:
        """Find the board of the path; 401 when it may not be seen."""
        found = self.world.resolve(self.world.boards, self.path[name])
        return self._seen(found, "")

    def card(self) -> Json:
        """Find the card of the path."""
        return self.see_card(self.world.resolve(self.world.cards, self.path["card"]))

    def see_card(self, card: Json) -> Json:
        """Give a card if it may be seen."""
        self._seen(self.world.boards.get(card["idBoard"]), "card")
        return card

    def within(self, found: Json, board_field: str = "idBoard", what: str = "") -> Json:
        """Give a list, label, checklist or field if its board may be seen."""
        self._seen(self.world.boards.get(found[board_field]), what)
        return found

    def organization(self) -> Json:
        """Find the workspace of the path; 401 when the person is not in it."""
        found = self.world.find_organization(self.path["organization"])
        if found["id"] not in self.me["idOrganizations"]:
            raise unauthorized("organization")
        return found

    def member(self) -> Json:
        """Find the person of the path."""
        return self.world.find_member(self.path["member"], self.me)

    def text(self, name: str, default: str | None = None, *, most: int = 16384) -> str:
        """Read a parameter; refuse one that is missing without a default, or too long."""
        value = self.params.get(name, default)
        if value is None or len(str(value)) > most:
            raise invalid_value(name)
        return str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Read a switch."""
        return flag(name, self.params.get(name, default))

    def id(self, name: str) -> str:
        """Read an id given as a parameter. A short link is none."""
        value = str(self.params.get(name, ""))
        if not is_object_id(value):
            raise invalid_value(name) if not value else invalid_id()
        return value

    def ids(self, name: str) -> list[str]:
        """Read ids given as a parameter, with commas or as a list."""
        value = self.params.get(name)
        found = value if isinstance(value, list) else [x for x in str(value or "").split(",") if x]
        if not all(isinstance(x, str) and is_object_id(x) for x in found):
            raise invalid_value(name)
        return found

    def _seen(self, board: Json, what: str) -> Json:
        if not self.world.may_read(self.me, board):
            raise unauthorized(what)
        return board


Handler = Callable[[Call], Any]


def flag(name: str, value: object) -> bool:
    """Read a switch."""
    if str(value).lower() in {"true", "1"}:
        return True
    if str(value).lower() in {"false", "0", "none", ""}:
        return False
    raise invalid_value(name)


def child(found: list[Json], object_id: str) -> Json:
    """Find one of a thing's parts; 404 when it has none of that id."""
    for each in found:
        if each["id"] == object_id:
            return each
    raise not_found()

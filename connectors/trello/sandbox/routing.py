"""Routing: from a method and a path to a function, with the ids in the path checked for form."""

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.trello.sandbox.call import Handler
from connectors.trello.sandbox.errors import invalid_id
from connectors.trello.sandbox.ids import is_object_id, is_short_link

_SHORT_LINKED = frozenset({"board", "card"})
_FREE = frozenset({"member", "organization", "token", "field", "filter", "name"})

_PLURALS = {
    name: f"{name}s"
    for name in ("action", "board", "card", "checklist", "label", "list", "member", "organization", "token", "webhook")
}
"""The real API takes the singular too: `/card/{id}`."""


@dataclass(slots=True)
class _Node:
    literal: dict[str, "_Node"] = field(default_factory=dict)
    placeholder: "_Node | None" = None
    handlers: dict[str, tuple[Handler, tuple[str, ...], str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A route that a request goes to."""

    handler: Handler
    path: dict[str, str]
    template: str


class Routes:
    """A tree of path segments. Literal segments go before placeholders, in any case of letters."""

    def __init__(self) -> None:
        self._root = _Node()
        self.templates: list[tuple[str, str]] = []

    def on(self, method: str, *templates: str) -> Callable[[Handler], Handler]:
        """Register a function for `/boards/{board}/cards`, under one method."""

        def register(handler: Handler) -> Handler:
            for template in templates:
                self._add(method, template, handler)
            return handler

        return register

    def find(self, method: str, path: str) -> Match | None:
        """Find the route; 400 `invalid id` when a segment that must be an id has another form."""
        node, values = self._root, []
        segments = [part for part in path.split("/") if part]
        if segments:
            segments[0] = _PLURALS.get(segments[0].lower(), segments[0])
        for segment in segments:
            following = node.literal.get(segment.lower())
            if following is None:
                following = node.placeholder
                values.append(segment)
            if following is None:
                return None
            node = following
        if method not in node.handlers:
            return None
        handler, names, template = node.handlers[method]
        for name, value in zip(names, values, strict=True):
            if not _well_formed(name, value):
                raise invalid_id()
        return Match(handler=handler, path=dict(zip(names, values, strict=True)), template=template)

    def _add(self, method: str, template: str, handler: Handler) -> None:
        node, names = self._root, []
        for segment in (part for part in template.split("/") if part):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.placeholder = node.placeholder or _Node()
                node = node.placeholder
            else:
                node = node.literal.setdefault(segment.lower(), _Node())
        assert method not in node.handlers, template
        node.handlers[method] = (handler, tuple(names), template)
        self.templates.append((method, template))


def _well_formed(name: str, value: str) -> bool:
    if name in _FREE:
        return True
    return is_object_id(value) or (name in _SHORT_LINKED and is_short_link(value))


ROUTES = Routes()
"""Every route of the API; the modules in `routes/` register theirs on import."""

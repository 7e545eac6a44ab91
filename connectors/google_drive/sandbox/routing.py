"""Routing: every method of the two APIs that the stand-in has, by the discovery documents' own ids."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from connectors.google_drive.sandbox.errors import ApiError, invalid
from connectors.google_drive.sandbox.faults import Fault
from connectors.google_drive.sandbox.fields import keep, parse
from connectors.google_drive.sandbox.world import Access, World

Json = dict[str, Any]

STANDARD = frozenset(
    {"alt", "fields", "key", "oauth_token", "prettyPrint", "quotaUser", "userIp", "uploadType", "upload_id"}
)
"""The parameters that every method has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, judged."""

    world: World
    access: Access
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    url: str
    """The stand-in's own address."""
    fault: Fault | None = None

    def flag(self, name: str) -> bool:
        """Read a boolean parameter."""
        return self.query.get(name) == "true"

    def number(self, name: str, default: int, most: int) -> int:
        """Read a number parameter; more than the most is the most."""
        text = self.query.get(name, str(default))
        if not text.lstrip("-").isdigit() or int(text) < 1:
            raise invalid(f"Invalid value '{text}'. Values must be within the range: [1, {most}]", name)
        return min(int(text), most)

    def masked(self, found: Json, default: str | None = None) -> Json:
        """Keep of an answer what `fields` asks for."""
        text = self.query.get("fields") or default
        return keep(parse(text), found) if text else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent back."""

    body: Json | bytes | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json; charset=UTF-8"


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method: `files.list` of `drive`."""

    api: str
    method_id: str
    method: str
    template: str
    parameters: frozenset[str]
    handler: Handler
    pattern: re.Pattern[str]


ROUTES: list[Route] = []


def route(method_id: str, method: str, template: str, *parameters: str) -> Callable[[Handler], Handler]:
    """Register a handler: `route("drive.files.get", "GET", "/drive/v3/files/{fileId}", "supportsAllDrives")`."""

    def register(handler: Handler) -> Handler:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+?)", template)
        ROUTES.append(
            Route(
                api=method_id.partition(".")[0],
                method_id=method_id,
                method=method,
                template=template,
                parameters=frozenset(parameters),
                handler=handler,
                pattern=re.compile(pattern + "$"),
            )
        )
        return handler

    return register


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Find the method that a request is for; `path` is still percent-encoded."""
    for each in ROUTES:
        match = each.pattern.match(path)
        if match is not None and each.method == method:
            return each, {name: unquote(value) for name, value in match.groupdict().items()}
    raise ApiError(404, "notFound", "Not Found")


def check_parameters(found: Route, query: Mapping[str, str]) -> None:
    """Refuse parameters that the method does not have: a client that misspells one finds out."""
    for name in query:
        if name not in found.parameters | STANDARD:
            raise invalid(f"Unknown parameter {name}", name)

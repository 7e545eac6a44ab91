"""Hooks: what an app offers that calls about changes. Calls get lost: they are evidence, never proof."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from connectors.base import Connector, Grant
from connectors.errors import ConnectorError
from store.record import WorkspaceId


class Forged(ConnectorError):  # noqa: N818
    """A delivery that the app did not sign, or not for this address: it changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One registration, as the app holds it. A workspace may need several, for several kinds of event."""

    external_id: str
    url: str | None = field(repr=False)
    """Where it calls. The end of it is a secret. None where the app does not tell: its id alone says whose it is."""
    is_alive: bool
    """Whether it still calls."""
    has_failed: bool = False
    """Whether calls were given up since the last that arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One call, as it came."""

    url: str = field(repr=False)
    """The address as it was registered."""
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a call says: look here."""

    delivery_id: str
    """The same each time that the app sends it again."""
    workspace_ids: frozenset[WorkspaceId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """Not a call: the app asks, while it registers, whether anybody is there. It wants this JSON in answer."""

    body: bytes


class Hooks(Protocol):
    """An app that calls. All methods raise ConnectorErrors only."""

    def serves(self, grant: Grant) -> bool:
        """Whether a call that this grant registers could be told from a forged one. No request."""
        ...

    async def registered(self, grant: Grant, workspace_ids: Collection[WorkspaceId]) -> Sequence[Registered]:
        """List what this grant has registered for these workspaces, or for more; whoever did it with the grant."""
        ...

    async def register(self, grant: Grant, workspace_id: WorkspaceId, url: str) -> Sequence[str]:
        """Ask the app to call `url` about a workspace; returns its ids of that.

        The app may call the address before this returns. Not idempotent: of an attempt that was interrupted,
        `registered` tells.
        """
        ...

    async def remove(self, grant: Grant, external_id: str) -> None:
        """Ask the app to call no more. Idempotent: one that is not there is as one that was removed."""
        ...

    def hear(self, delivery: Delivery, grant: Grant) -> Told | Challenge:
        """Check a call against what the app signs with, and read it. Pure: no request, no clock.

        Raises Forged where the signature is missing or wrong, BadReply where what was signed cannot be understood.
        """
        ...


@runtime_checkable
class Calling(Protocol):
    """A connector whose app calls."""

    hooks: Hooks


def hooks_of(connector: Connector) -> Hooks | None:
    """Return what an app offers; None for one that never calls."""
    return connector.hooks if isinstance(connector, Calling) else None

"""Absent: cards that are held and that a board's listing leaves out. Absence alone deletes nothing."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import BadReply, Forbidden, Gone, Refused
from connectors.trello.client import TrelloClient
from store.record import ExternalId, WorkspaceId

_LEAVING = frozenset({"deleteCard", "moveCardFromBoard"})
_PROBES = 20
"""How many cards of a board are asked for one by one in one cycle; the others wait for the next."""


@dataclass(slots=True)
class Departures:
    """What a board's history tells of cards that left it."""

    left: set[str] = field(default_factory=set)
    _met: set[str] = field(default_factory=set)

    def learn(self, actions: Iterable[Any]) -> None:
        """Take in some actions, the newest first: of each card the newest decides, for it may have come back."""
        for action in actions:
            data = action.get("data") if isinstance(action, dict) else None
            card = data.get("card") if isinstance(data, dict) else None
            card_id = card.get("id") if isinstance(card, dict) else None
            if not isinstance(card_id, str) or card_id in self._met:
                continue
            self._met.add(card_id)
            if action.get("type") in _LEAVING:
                self.left.add(card_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """What became of cards that a listing left out."""

    gone: tuple[ExternalId, ...]
    """Deleted, or not on this board any more."""
    there: tuple[ExternalId, ...]
    """Where they were: the listing is at fault."""
    unknown: tuple[ExternalId, ...]


async def look_into(
    client: TrelloClient, board_id: WorkspaceId, absent: Collection[ExternalId], departures: Departures
) -> Absent:
    """Say of each what became of it: as the history tells, or else as the app does when it is asked for by itself."""
    gone = [card_id for card_id in absent if card_id in departures.left]
    there, unknown = list[ExternalId](), list[ExternalId]()
    for number, card_id in enumerate(sorted(set(absent) - departures.left)):
        if number >= _PROBES:
            unknown.append(card_id)
            continue
        try:
            found = await client.get_object(f"/cards/{card_id}", fields="idBoard")
        except (Forbidden, Gone):
            # Not there; or moved to where this grant does not see.
            gone.append(card_id)
        except (BadReply, Refused):
            unknown.append(card_id)
        else:
            (there if found.get("idBoard") == board_id else gone).append(card_id)
    return Absent(gone=tuple(gone), there=tuple(there), unknown=tuple(unknown))

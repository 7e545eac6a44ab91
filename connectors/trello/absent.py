"""Absent: cards that are held and that a board's listing leaves out. Absence alone deletes nothing."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import BadReply, Forbidden, Gone, Refused
from connectors.trello.client import TrelloClient
from connectors.trello.moved import Move, Moves
from store.record import ExternalId, WorkspaceId

_LEAVING = frozenset({"deleteCard", "moveCardFromBoard"})
_PROBES = 20
"""How many cards of a board are asked for one by one in one cycle; the others wait for the next."""


@dataclass(slots=True)
class Departures:
    """What a board's history tells of cards that left it."""

    left: dict[ExternalId, Move | None] = field(default_factory=dict)
    """Where they went; None: nowhere, they were deleted."""
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
                self.left[ExternalId(card_id)] = _move(action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """What became of cards that a listing left out."""

    gone: tuple[ExternalId, ...]
    """Deleted, or not on this board any more."""
    moved: Moves
    """Those of them that are on another board now."""
    there: tuple[ExternalId, ...]
    """Where they were: the listing is at fault."""
    unknown: tuple[ExternalId, ...]


async def look_into(
    client: TrelloClient, board_id: WorkspaceId, absent: Collection[ExternalId], departures: Departures
) -> Absent:
    """Say of each what became of it: as the history tells, or else as the app does when it is asked for by itself."""
    gone = [card_id for card_id in absent if card_id in departures.left]
    moved = {card_id: move for card_id in gone if (move := departures.left[card_id]) is not None}
    there, unknown = list[ExternalId](), list[ExternalId]()
    for number, card_id in enumerate(sorted(set(absent) - departures.left.keys())):
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
            now_on = found.get("idBoard")
            (there if now_on == board_id else gone).append(card_id)
            if now_on != board_id and isinstance(now_on, str):
                moved[card_id] = Move(board_id=WorkspaceId(now_on))
    return Absent(gone=tuple(gone), moved=moved, there=tuple(there), unknown=tuple(unknown))


def _move(action: Any) -> Move | None:
    target, action_id = action["data"].get("boardTarget"), action.get("id")
    board_id = target.get("id") if isinstance(target, dict) else None
    if not isinstance(board_id, str) or not isinstance(action_id, str):
        return None
    return Move(board_id=WorkspaceId(board_id), action_id=action_id)

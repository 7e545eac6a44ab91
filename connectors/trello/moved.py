"""Moved: cards that left for a board which has not been read since. They are kept where they were until it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from connectors.trello import kinds
from store.record import ExternalId, WorkspaceId

_SECONDS_DIGITS = 8
BELOW = (
    kinds.CHECKLIST,
    kinds.CHECK_ITEM,
    kinds.ATTACHMENT,
    kinds.FILE,
    kinds.CUSTOM_FIELD_ITEM,
    kinds.PLUGIN_DATA,
    kinds.STICKER,
    kinds.VOTE,
    kinds.COMMENT,
)
"""What hangs below a card, each after what it can hang below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a card went."""

    board_id: WorkspaceId
    action_id: str | None = None
    """The entry of the history that told of it; None: the app said so when it was asked where the card is."""

    def is_in(self, last_action: str | None, *, is_read: bool) -> bool:
        """Whether what is known of the board it went to shows it. An entry's id begins with the second it is from."""
        if self.action_id is None:
            return is_read
        return last_action is not None and last_action[:_SECONDS_DIGITS] >= self.action_id[:_SECONDS_DIGITS]

    def encode(self) -> list[str | None]:
        """Return it as JSON."""
        return [self.board_id, self.action_id]

    @classmethod
    def decode(cls, value: Any) -> Self | None:
        """Read it back; None where it cannot be understood."""
        match value:
            case [str(board_id), str() | None as action_id]:
                return cls(board_id=WorkspaceId(board_id), action_id=action_id)
        return None


Moves = Mapping[ExternalId, Move]
"""By card."""

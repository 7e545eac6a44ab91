"""The routes of the API, a module for each kind of thing."""

from connectors.trello.sandbox.routes import (
    actions,
    batch,
    boards,
    card_parts,
    cards,
    checklists,
    custom_fields,
    labels,
    lists,
    members,
    organizations,
    tokens,
)

__all__ = [
    "actions", "batch", "boards", "card_parts", "cards", "checklists", "custom_fields", "labels", "lists", "members",
    "organizations", "tokens",
]  # fmt: skip

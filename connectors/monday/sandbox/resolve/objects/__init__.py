"""Objects: the fields of boards, items, people and what they are in."""

from connectors.monday.sandbox.resolve.objects import boards, columns, docs, items, people, spaces
from connectors.monday.sandbox.resolve.table import RESOLVERS, when

__all__ = ["boards", "columns", "docs", "items", "people", "spaces"]

for _type, _names in {
    "User": ("created_at",),
    "Workspace": ("created_at",),
    "Folder": ("created_at",),
    "Board": ("created_at", "updated_at"),
    "Item": ("created_at", "updated_at"),
    "Asset": ("created_at",),
    "Document": ("created_at", "updated_at"),
    "DocumentBlock": ("created_at", "updated_at"),
    "Team": ("created_at",),
}.items():
    for _name in _names:
        RESOLVERS[_type, _name] = when(_name)

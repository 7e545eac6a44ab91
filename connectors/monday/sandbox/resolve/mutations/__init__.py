"""Mutations: what can be changed, one resolver for each."""

from connectors.monday.sandbox.resolve.mutations import (
    boards,
    cells,
    columns,
    docs,
    files,
    folders,
    groups,
    items,
    tags,
    teams,
    updates,
    views,
    webhooks,
    workspaces,
)

__all__ = [
    "boards",
    "cells",
    "columns",
    "docs",
    "files",
    "folders",
    "groups",
    "items",
    "tags",
    "teams",
    "updates",
    "views",
    "webhooks",
    "workspaces",
]

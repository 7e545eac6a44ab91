"""Fields of uploads and documents."""

from collections.abc import Sequence
from typing import Any

import orjson

from connectors.monday.sandbox import paging
from connectors.monday.sandbox.objects import Asset, Doc, User, Workspace
from connectors.monday.sandbox.resolve.table import Context, answers


@answers("Asset", "public_url")
def public_url(source: Asset, context: Context) -> str:
    """Where anybody finds it, for an hour."""
    return context.storage.sign(source)


@answers("Asset", "url")
def asset_url(source: Asset, context: Context) -> str:
    """Where people of the account find it."""
    world = context.world
    return f"https://{world.slug}.monday.com/protected_static/{world.account_id}/resources/{source.id}/{source.name}"


@answers("Asset", "url_thumbnail")
def asset_thumbnail(source: Asset, context: Context) -> str | None:
    """A small picture."""
    return f"{asset_url(source, context)}?thumb=1" if source.original_geometry else None


@answers("Asset", "uploaded_by")
@answers("Document", "created_by")
@answers("DocumentBlock", "created_by")
def made_by(source: Any, context: Context) -> User | None:
    """Who made it."""
    return context.world.users.get(source.creator_id)


@answers("Document", "blocks")
def blocks(source: Doc, _: Context, *, limit: int = 25, page: int = 1) -> Sequence[Any]:
    """Its blocks, in order."""
    return blocks_of(source, limit, page)


def blocks_of(doc: Doc, limit: int, page: int) -> Sequence[Any]:
    """Give a page of a document's blocks."""
    return paging.page_of(sorted(doc.blocks.values(), key=lambda block: block.position), limit, page, most=100)


@answers("Document", "url")
def doc_url(source: Doc, context: Context) -> str:
    """Where it is."""
    return f"https://{context.world.slug}.monday.com/docs/{source.object_id}"


@answers("Document", "relative_url")
def doc_relative_url(source: Doc, _: Context) -> str:
    """Where it is within the site."""
    return f"/docs/{source.object_id}"


@answers("Document", "workspace")
def doc_workspace(source: Doc, context: Context) -> Workspace | None:
    """Where it is kept."""
    return context.world.workspaces.get(source.workspace_id or 0)


@answers("DocumentBlock", "content")
def block_content(source: Any, _: Context) -> str:
    """What it holds, as text."""
    return orjson.dumps(source.content).decode()


@answers("DocumentBlock", "doc_id")
def block_doc_id(source: Any, context: Context) -> int | None:
    """The document that it is in."""
    return next((doc.id for doc in context.world.docs.values() if source.id in doc.blocks), None)
